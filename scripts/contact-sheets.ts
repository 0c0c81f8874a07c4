import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGallery } from '../test/support/gallery.ts';
import { inEachView, nameOfView, PICTURED, takePicture } from '../test/support/sizes.ts';
import { build } from './build/build.ts';
import { liveClip } from './samples/live-head.ts';
import { sampleFace } from './samples/samples.ts';
import { writeSheet } from './screenshots/sheet.ts';
import { ROOT } from './setup/paths.ts';

/**
 * Pictures of every screen at every size, a sheet for each size: those of a visitor as `renderer/gallery` draws them, those of
 * an operator as the tests have them before them.
 */

const FOLDER = join(ROOT, 'docs/screens');

/** One of each kind of screen of a visitor, with its longest text. */
async function pictureVisitors(folder: string): Promise<void> {
  const screen = await openGallery({ clip: await liveClip(sampleFace('Robin')) });
  const { page } = screen;
  await page.evaluate('gallery.openCamera()');
  for (const { name } of await page.evaluate<{ name: string }[]>(`gallery.longest(['en'])`)) {
    await page.evaluate(`gallery.show('${name}', 'en', true)`);
    await inEachView(page, (view) => takePicture(page, folder, name, view));
  }
  await screen.close();
}

/** What the tests of the operator's screens look at. @throws Error where one of them fails */
async function pictureOperators(folder: string): Promise<void> {
  const tests = join(ROOT, 'test/e2e');
  const looking: string[] = [];
  for (const name of await readdir(tests)) {
    if ((await readFile(join(tests, name), 'utf8')).includes('await faultsOf('))
      looking.push(join(tests, name));
  }
  const { status } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...looking],
    { cwd: ROOT, env: { ...process.env, LINTEL_PICTURES: folder }, stdio: 'inherit' },
  );
  if (status !== 0) throw new Error('The tests of the screens have failed.');
}

await build(['renderer']);
await mkdir(FOLDER, { recursive: true });
const pictures = await mkdtemp(join(tmpdir(), 'lintel-pictures-'));
try {
  for (const [whose, takePictures] of [
    ['visitor', pictureVisitors],
    ['operator', pictureOperators],
  ] as const) {
    const folder = join(pictures, whose);
    await mkdir(folder);
    await takePictures(folder);
    for (const view of PICTURED) {
      await writeSheet(folder, view, join(FOLDER, `${whose}-${nameOfView(view)}.webp`));
    }
  }
} finally {
  await rm(pictures, { recursive: true });
}
