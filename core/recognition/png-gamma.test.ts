import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from './decode.ts';
import { pngGamma } from './png-gamma.ts';

const WIDTH = 256;
const HEADER_BYTES = 33;

/** A PNG chunk. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = [Buffer.alloc(4), Buffer.alloc(4)] as const;
  ends[0].writeUInt32BE(data.length);
  ends[1].writeUInt32BE(crc32(body));
  return Buffer.concat([ends[0], body, ends[1]]);
}
const gAMA = (gamma: number): Buffer => {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(Math.round(gamma * 100_000));
  return chunk('gAMA', data);
};
const withChunks = (png: Buffer, ...chunks: Buffer[]): Buffer =>
  Buffer.concat([png.subarray(0, HEADER_BYTES), ...chunks, png.subarray(HEADER_BYTES)]);

/** A ramp from black to white in sRGB, and the same as linear light in 16 bits. */
let usual: Buffer;
let linear: Buffer;
beforeAll(async () => {
  const ramp = Uint8Array.from({ length: WIDTH * 3 }, (_, i) => Math.floor(i / 3));
  const light = Uint16Array.from(ramp, (value) => Math.round((value / 255) ** 2.2 * 65_535));
  const raw = { width: WIDTH, height: 1, channels: 3 } as const;
  usual = await sharp(ramp, { raw }).png().toBuffer();
  linear = await sharp(light, { raw }).toColourspace('rgb16').png().toBuffer();
});
const redsOf = async (png: Buffer): Promise<number[]> =>
  [...(await decodeImage(png)).data].filter((_, i) => i % 3 === 0);

describe('a PNG of linear light', () => {
  it('is as bright as the same picture in usual samples', async () => {
    const [expected, found] = [await redsOf(usual), await redsOf(withChunks(linear, gAMA(1)))];
    for (const [i, value] of expected.entries()) expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(2);
  });

  it('without its gamma, or with a profile that says otherwise, is taken as usual', async () => {
    const asItIs = await redsOf(linear);
    expect(asItIs[64]).toBeLessThan(20);
    expect(await redsOf(withChunks(linear, gAMA(1), chunk('sRGB', Buffer.of(0))))).toEqual(asItIs);
  });
});

describe('the gamma of a PNG', () => {
  it.each([
    [1 / 2.2, null],
    [1 / 1.8, 1.222],
    [1, 2.2],
    [0, null],
    [40, null],
  ])('%d is mended by %d', (gamma, mended) => {
    const found = pngGamma(withChunks(usual, gAMA(gamma)));
    expect(found && Number(found.toFixed(3))).toBe(mended);
  });

  it('is none in another file, in one cut short, and in one whose chunks lie about their length', () => {
    expect(pngGamma(Buffer.from([0xff, 0xd8, 0xff]))).toBeNull();
    expect(pngGamma(usual)).toBeNull();
    for (let length = 0; length < 60; length++) pngGamma(withChunks(usual, gAMA(1)).subarray(0, length));
    const lying = chunk('tEXt', Buffer.alloc(4));
    lying.writeUInt32BE(0xffff_ffff);
    expect(pngGamma(withChunks(usual, lying, gAMA(1)))).toBeNull();
  });
});
