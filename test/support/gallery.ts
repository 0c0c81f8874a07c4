import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from '../../scripts/build/build.ts';
import { CACHE, MODELS, ROOT } from '../../scripts/setup/paths.ts';
import { listAssets } from '#core/assets';
import { openScreen, type Screen, type ScreenOptions } from './screen.ts';

const ADDRESS = 'http://localhost/';

/** Opens the page of `renderer/gallery`, which shows each screen of a visitor. @throws as {@link openScreen} */
export async function openGallery(options: ScreenOptions): Promise<Screen> {
  await build(['gallery']);
  const assetOf = await listAssets({
    rendererDir: join(CACHE, 'gallery'),
    mediapipeDir: join(ROOT, 'node_modules/@mediapipe/tasks-vision/wasm'),
    weightsDir: join(MODELS, 'weights'),
  });
  const screen = await openScreen('about:blank', options);
  const { page } = screen;
  await page.route(`${ADDRESS}**`, async (route) => {
    const asset = assetOf(new URL(route.request().url()).pathname);
    if (!asset) return await route.fulfill({ status: 404 });
    await route.fulfill({ contentType: asset.contentType, body: await readFile(asset.file) });
  });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(ADDRESS);
  return screen;
}
