import { open, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import sharp from 'sharp';
import { drawQrCode, LintelError } from '#contract';
import { unwritable } from '#core/store';

/** Pixels of a module in a PNG. */
const MODULE = 12;

/**
 * Draw a QR code of what `make` answers into a new file, by its ending an SVG or a PNG.
 * @param file undefined: none is written
 * @param make called once the file is there: what it does is not lost by a name that is taken
 * @param textOf what the code holds
 * @throws LintelError `usage`, `file-exists`, and what `make` throws; then there is no file
 */
export async function withCodePicture<T>(
  file: string | undefined,
  make: () => Promise<T>,
  textOf: (made: T) => string,
): Promise<T> {
  if (file === undefined) return await make();
  const kind = extname(file).toLowerCase();
  if (kind !== '.svg' && kind !== '.png') throw new LintelError('usage', `${file} is neither .svg nor .png.`);
  await using out = await open(file, 'wx', 0o600).catch((error: unknown) => {
    throw unwritable(file, error);
  });
  await using unfinished = new AsyncDisposableStack();
  unfinished.defer(() => rm(file, { force: true }));
  const made = await make();
  await out.writeFile(kind === '.svg' ? svgOf(textOf(made)) : await pngOf(textOf(made)));
  unfinished.move();
  return made;
}

/** On white of its own: what shows it may be dark. */
function svgOf(text: string): string {
  const { rows, path } = drawQrCode(text);
  const { length } = rows;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${length} ${length}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${length}v${length}H0z"/><path d="${path}"/></svg>\n`;
}

async function pngOf(text: string): Promise<Buffer> {
  const { rows } = drawQrCode(text);
  const pixels = Buffer.from(rows.flat().map((isDark) => (isDark ? 0 : 255)));
  const raw = { width: rows.length, height: rows.length, channels: 1 } as const;
  return await sharp(pixels, { raw })
    .resize(rows.length * MODULE, null, { kernel: 'nearest' })
    .png()
    .toBuffer();
}
