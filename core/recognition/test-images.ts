import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

/** Folders that set-up fills. */
export const WEIGHTS_DIR = fileURLToPath(new URL('../../models/weights', import.meta.url));
const SAMPLES_DIR = new URL('../../.cache/samples/', import.meta.url);

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
