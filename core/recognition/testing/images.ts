import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { seeded } from '#core/matching';

/** Folders that set-up fills. */
export const WEIGHTS_DIR = fileURLToPath(new URL('../../../models/weights', import.meta.url));
const SAMPLES_DIR = new URL('../../../.cache/samples/', import.meta.url);

/** A photograph of several people. */
export const sample = async (number: number): Promise<Buffer> =>
  await readFile(new URL(`sample${number}.jpg`, SAMPLES_DIR));

/** Part of a photograph: its number, then left, top, width and height in pixels. */
export type Portrait = readonly [number, number, number, number, number];

/** That part as a PNG. */
export async function portrait(...[number, left, top, width, height]: Portrait): Promise<Buffer> {
  return await sharp(await sample(number))
    .extract({ left, top, width, height })
    .png()
    .toBuffer();
}

/**
 * The same speckles each time: what a decoder makes of damaged data depends on the data, so a picture that is drawn by
 * chance would test something else in each run. Algorithm: Box and Muller.
 * @param sigma standard deviation of each channel around `mean`
 */
export function speckles(width: number, height: number, { mean = 128, sigma = 40 } = {}): Sharp {
  const random = seeded(width * 10_000 + height);
  const data = Uint8ClampedArray.from(
    { length: width * height * 3 },
    () => mean + sigma * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A PNG of one colour: a few kilobytes that unfold to three per pixel. Rows are written by hand, not decoded. */
export async function pngBomb(width: number, height: number): Promise<Buffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** Two frames of 16 x 16 pixels. */
export async function animatedGif(): Promise<Buffer> {
  const frames = Buffer.concat([Buffer.alloc(16 * 16 * 3, 0), Buffer.alloc(16 * 16 * 3, 255)]);
  return await sharp(frames, { raw: { width: 16, height: 32, channels: 3, pageHeight: 16 } })
    .gif({ delay: [100, 100] })
    .toBuffer();
}

/** Where the data of the first scan begins. */
function scanOf(jpeg: Buffer): number {
  let at = 2;
  while (jpeg[at + 1] !== 0xda) at += 2 + jpeg.readUInt16BE(at + 2);
  return at + 2 + jpeg.readUInt16BE(at + 2);
}

const isProgressive = (jpeg: Buffer): boolean => jpeg.includes(Buffer.from([0xff, 0xc2, 0, 17]));

const insert = (jpeg: Buffer, at: number, ...bytes: number[]): Buffer =>
  Buffer.concat([jpeg.subarray(0, at), Buffer.from(bytes), jpeg.subarray(at)]);

function written(jpeg: Buffer, at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(jpeg);
  copy.set(bytes, at);
  return copy;
}

/** What cameras do to a whole JPEG that decoders warn about and look past. */
export const ODD_JPEGS: Readonly<Record<string, (jpeg: Buffer) => Buffer>> = {
  'parameters of a progressive scan': (jpeg) =>
    isProgressive(jpeg) ? jpeg : written(jpeg, scanOf(jpeg) - 3, 0, 0, 0),
  'stray bytes before a segment': (jpeg) => insert(jpeg, 4 + jpeg.readUInt16BE(4), 0, 0, 0, 7),
  'an unknown version of JFIF': (jpeg) =>
    insert(jpeg, 2, 0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0'), 9, 9, 0, 0, 1, 0, 1, 0, 0),
  'stray bytes after the scan': (jpeg) => insert(jpeg, jpeg.length - 2, 1, 2, 3, 4, 5, 6, 7, 8),
  'bytes after the end': (jpeg) => insert(jpeg, jpeg.length, 1, 2, 3, 4),
  'an unknown colour transform': (jpeg) =>
    insert(jpeg, 2, 0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, 7),
  'all of it': (jpeg) =>
    [
      'parameters of a progressive scan',
      'an unknown version of JFIF',
      'stray bytes before a segment',
      'stray bytes after the scan',
    ].reduce((odd, name) => ODD_JPEGS[name]!(odd), jpeg),
};

/** What becomes of a JPEG on its way. */
export const DAMAGED_JPEGS: Readonly<Record<string, (jpeg: Buffer) => Buffer>> = {
  'cut in the middle': (jpeg) => jpeg.subarray(0, jpeg.length / 2),
  'half of it, then an end marker': (jpeg) =>
    Buffer.concat([jpeg.subarray(0, jpeg.length / 2), Buffer.from([0xff, 0xd9])]),
  'nearly all of it, then an end marker': (jpeg) =>
    Buffer.concat([jpeg.subarray(0, jpeg.length * 0.95), Buffer.from([0xff, 0xd9])]),
  'without 1,500 bytes in the middle': (jpeg) =>
    Buffer.concat([jpeg.subarray(0, jpeg.length / 2), jpeg.subarray(jpeg.length / 2 + 1500)]),
};
