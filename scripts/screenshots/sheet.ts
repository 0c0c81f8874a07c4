import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { nameOfView, type View } from '../../test/support/sizes.ts';

const GAP = 12;
const CAPTION = 26;
const GROUND = '#6b7280';
const INK = '#ffffff';
/** Pixels of a whole sheet, and of one picture on it. */
const SHEET = 2100;
const TILE = { wide: 408, upright: 246 } as const;

/**
 * Writes a WebP of the pictures `<name>.<view>.png` of a folder, each above its name, in the order of the names.
 *
 * @param view how somebody has the screens before them
 */
export async function writeSheet(folder: string, view: View, sheet: string): Promise<void> {
  // Recognition, which makes the clips, blocks every reader but those of JPEG and PNG.
  sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });
  const suffix = `.${nameOfView(view)}.png`;
  const files = (await readdir(folder)).filter((name) => name.endsWith(suffix)).toSorted();
  const width = view.width > view.height ? TILE.wide : TILE.upright;
  const height = Math.round((width * view.height) / view.width);
  const columns = Math.floor((SHEET - GAP) / (width + GAP));
  const rows = Math.ceil(files.length / columns);
  const placed = await Promise.all(
    files.map(async (file, at) => {
      const left = GAP + (at % columns) * (width + GAP);
      const top = GAP + Math.floor(at / columns) * (height + CAPTION + GAP);
      const picture = await sharp(await readFile(join(folder, file)))
        .resize(width, height)
        .png()
        .toBuffer();
      return [
        { input: picture, left, top },
        { input: caption(basename(file, suffix), width), left, top: top + height },
      ];
    }),
  );
  const ground = {
    width: GAP + columns * (width + GAP),
    height: GAP + rows * (height + CAPTION + GAP),
    channels: 3,
    background: GROUND,
  } as const;
  await sharp({ create: ground }).composite(placed.flat()).webp({ quality: 60, effort: 6 }).toFile(sheet);
}

const caption = (name: string, width: number): Buffer =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${CAPTION}">
      <text x="0" y="18" font-family="sans-serif" font-size="15" fill="${INK}">${name}</text>
    </svg>`,
  );
