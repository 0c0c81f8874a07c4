import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { IMAGE_LIMITS } from '#contract';
import { decodeImage } from './decode.ts';
import { animatedGif, DAMAGED_JPEGS, ODD_JPEGS, pngBomb, speckles } from './testing/images.ts';

const RED = { r: 255, g: 0, b: 0 };
const solid = (width: number, height: number, background: string | typeof RED = RED) =>
  sharp({ create: { width, height, channels: 3, background } });

/** Mean of each channel. */
async function colour(bytes: Uint8Array): Promise<number[]> {
  const { data } = await decodeImage(bytes);
  const sums = [0, 0, 0];
  for (const [i, v] of data.entries()) sums[i % 3]! += v;
  return sums.map((sum) => Math.round(sum / (data.length / 3)));
}

describe('decodeImage refuses', () => {
  let jpeg: Buffer;
  beforeAll(async () => {
    jpeg = await speckles(300, 200).jpeg().toBuffer();
  });

  it.each<[string, string, () => Uint8Array | Promise<Uint8Array>]>([
    ['no bytes', 'image-empty', () => new Uint8Array()],
    ['text', 'image-unsupported', () => Buffer.from('This is no image, only words.')],
    ['an animated GIF', 'image-unsupported', animatedGif],
    ['WebP', 'image-unsupported', async () => await solid(8, 8).webp().toBuffer()],
    [
      'SVG',
      'image-unsupported',
      () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    ],
    ['a JPEG cut in its header', 'image-corrupt', () => jpeg.subarray(0, 30)],
    ['a JPEG signature alone', 'image-corrupt', () => jpeg.subarray(0, 3)],
    [
      'a PNG cut in the middle',
      'image-corrupt',
      async () => (await sharp(jpeg).png().toBuffer()).subarray(0, 9000),
    ],
    ['a PNG bomb', 'image-too-many-pixels', async () => await pngBomb(20_000, 20_000)],
    ['a file too large', 'image-too-large', () => Buffer.concat([jpeg, Buffer.alloc(IMAGE_LIMITS.bytes)])],
  ])('%s: %s', async (_, code, make) => {
    await expect(decodeImage(await make())).rejects.toMatchObject({ name: 'LintelError', code });
  });

  it.each(Object.entries(DAMAGED_JPEGS))('a JPEG %s', async (_, damage) => {
    const progressive = await sharp(jpeg).jpeg({ progressive: true }).toBuffer();
    for (const whole of [jpeg, progressive]) {
      await expect(decodeImage(damage(whole))).rejects.toMatchObject({ code: 'image-corrupt' });
      // An odd header is what a decoder warns about first. It must not hide the damage.
      const odd = ODD_JPEGS['all of it']!(whole);
      await expect(decodeImage(damage(odd))).rejects.toMatchObject({ code: 'image-corrupt' });
    }
  });

  it.each(['a byte of the pixels changed', 'zeros in the middle', '1,500 bytes lost'])(
    'a PNG with %s',
    async (name) => {
      const png = await sharp(jpeg).png().toBuffer();
      const middle = png.length >> 1;
      const damaged = Buffer.from(png);
      if (name.startsWith('a byte')) damaged[middle]! ^= 1;
      else damaged.fill(0, middle, middle + 100);
      const part = name.startsWith('1,500')
        ? Buffer.concat([png.subarray(0, middle), png.subarray(middle + 1500)])
        : damaged;
      await expect(decodeImage(part)).rejects.toMatchObject({ code: 'image-corrupt' });
    },
  );

  it('a PNG bomb before it decodes a pixel', async () => {
    const before = process.memoryUsage().rss;
    await expect(decodeImage(await pngBomb(20_000, 20_000))).rejects.toThrow('40 million pixels');
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });
});

describe('decodeImage decodes like its whole original a JPEG with', () => {
  it.each(Object.entries(ODD_JPEGS))('%s', async (_, change) => {
    const plain = speckles(300, 200, { sigma: 20 });
    for (const progressive of [false, true]) {
      const jpeg = await plain.clone().jpeg({ progressive }).toBuffer();
      expect((await decodeImage(change(jpeg))).data).toEqual((await decodeImage(jpeg)).data);
    }
  });

  it('no JFIF header, after an APP1 segment', async () => {
    const jpeg = await solid(30, 10).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const { width, height } = await decodeImage(jpeg);
    expect([width, height]).toEqual([10, 30]);
  });
});

describe('decodeImage turns into 8-bit sRGB', () => {
  it.each<[string, () => Promise<Uint8Array>, number[]]>([
    ['a JPEG', async () => await solid(20, 10).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer(), [254, 0, 0]],
    [
      'a grey JPEG',
      async () => await solid(20, 10, '#808080').greyscale().jpeg().toBuffer(),
      [128, 128, 128],
    ],
    [
      'a grey 16-bit PNG',
      async () => await solid(20, 10, '#808080').toColourspace('grey16').png().toBuffer(),
      [128, 128, 128],
    ],
    ['a 16-bit PNG', async () => await solid(20, 10).toColourspace('rgb16').png().toBuffer(), [255, 0, 0]],
    ['a palette PNG', async () => await solid(20, 10).png({ palette: true }).toBuffer(), [255, 0, 0]],
    ['a transparent PNG', async () => await solid(20, 10).ensureAlpha(0).png().toBuffer(), [255, 255, 255]],
    [
      'a grey PNG with alpha',
      async () => await solid(20, 10, '#808080').greyscale().ensureAlpha(1).png().toBuffer(),
      [128, 128, 128],
    ],
  ])('%s', async (_, make, expected) => {
    const actual = await colour(await make());
    for (const [i, value] of expected.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(2);
  });

  it('a CMYK JPEG', async () => {
    const bytes = await solid(20, 10).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    const [red = 0, green = 255, blue = 255] = await colour(bytes);
    // Red ink is a duller red: its exact shade is up to the colour profile.
    expect(red).toBeGreaterThan(200);
    expect(Math.max(green, blue)).toBeLessThan(80);
  });
});

describe('decodeImage measures', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('the upright image at EXIF orientation %i', async (orientation) => {
    const bytes = await solid(30, 10).jpeg().withMetadata({ orientation }).toBuffer();
    const { width, height, data, originalWidth, originalHeight } = await decodeImage(bytes);
    expect([width, height]).toEqual(orientation < 5 ? [30, 10] : [10, 30]);
    expect([originalWidth, originalHeight]).toEqual([width, height]);
    expect(data).toHaveLength(30 * 10 * 3);
  });

  it('a large image by what was reduced', async () => {
    const bytes = await solid(5000, 2500).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const image = await decodeImage(bytes);
    expect([image.originalWidth, image.originalHeight]).toEqual([2500, 5000]);
    expect([image.width, image.height]).toEqual([1024, 2048]);
    expect(image.scale).toBeCloseTo(2500 / 1024, 9);
  });
});

it('decodes while another thread starts to', async () => {
  const png = await solid(8, 8).png().toBuffer();
  const module = new URL('./decode.ts', import.meta.url).href;
  // Every address loads the module once more, as a new thread does.
  const load = `(async () => { for (let i = 0; i < 300; i++) await import('${module}?' + i); })()`;
  const worker = new Worker(load, { eval: true });
  const exit = once(worker, 'exit');
  while (worker.threadId !== -1) await Promise.all([decodeImage(png), decodeImage(png)]);
  expect(await exit).toEqual([0]);
});
