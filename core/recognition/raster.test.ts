import { describe, expect, it } from 'vitest';
import { Raster, turned, type View } from './raster.ts';
import type { RgbImage } from './types.ts';

/** A grey image whose pixels are given by `value(x, y)`; green is 100 higher than red, blue is 0. */
function picture(width: number, height: number, value: (x: number, y: number) => number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const v = value(i % width, Math.floor(i / width));
    data.set([v, v + 100, 0], i * 3);
  }
  return { data, width, height };
}

/** The red of each pixel, row by row. */
const reds = (view: View): number[] => [
  ...view.sample(IDENTITY, view.width, view.height).subarray(0, view.width * view.height),
];

const IDENTITY = { a: 1, b: 0, tx: 0, ty: 0 };

describe('turned', () => {
  const image = new Raster(picture(3, 2, (x, y) => 10 * x + y));

  it.each([
    [90, 2, [1, 0, 11, 10, 21, 20]],
    [180, 3, [21, 11, 1, 20, 10, 0]],
    [270, 2, [20, 21, 10, 11, 0, 1]],
  ] as const)('by %i degrees clockwise', (degrees, width, pixels) => {
    const view = turned(image, degrees);
    expect(view.width).toBe(width);
    expect(reds(view)).toEqual(pixels);
  });
});

describe('Raster.sample', () => {
  const image = new Raster(picture(4, 3, (x, y) => 10 * x + y));

  it('returns the pixels themselves, in planes', () => {
    const out = image.sample(IDENTITY, 4, 3);
    expect([...out.subarray(0, 12)]).toEqual([0, 10, 20, 30, 1, 11, 21, 31, 2, 12, 22, 32]);
    expect(out[12]).toBe(100);
    expect([...out.subarray(24)]).toEqual(Array.from({ length: 12 }, () => 0));
  });

  it('interpolates between pixel centres', () => {
    const out = image.sample({ ...IDENTITY, tx: 0.5, ty: 0.25 }, 1, 1);
    expect(out[0]).toBeCloseTo(5.25, 5);
  });

  it('blends into black at the edge and is black beyond', () => {
    const white = new Raster(picture(2, 2, () => 100));
    const out = white.sample({ ...IDENTITY, tx: -1.5 }, 4, 1);
    expect([...out.subarray(0, 4)]).toEqual([0, 50, 100, 50]);
  });

  it('turns the picture', () => {
    // A quarter turn: the output's (x, y) is the source's (3 - y, x).
    const out = image.sample({ a: 0, b: 1, tx: 4, ty: 0 }, 3, 4);
    expect([...out.subarray(0, 3)]).toEqual([30, 31, 32]);
  });

  it.each([2, 4, 5, 8])('averages fine stripes away when reducing %f-fold', (factor) => {
    const stripes = new Raster(picture(64, 64, (x) => (x % 2 === 0 ? 0 : 100)));
    const side = Math.floor(64 / factor);
    const out = stripes.sample({ ...IDENTITY, a: factor }, side, side);
    const inner = out[(side + 1) * Math.floor(side / 2)]!;
    expect(Math.abs(inner - 50)).toBeLessThanOrEqual(1);
  });

  it('halves by the mean of four pixels, whatever is left over', () => {
    const value = (x: number, y: number): number => (37 * x + 101 * y + x * y) % 156;
    for (const [width, height] of [
      [19, 7],
      [16, 4],
      [6, 3],
    ] as const) {
      const [w, h] = [width >> 1, height >> 1];
      const out = new Raster(picture(width, height, value)).sample({ ...IDENTITY, a: 2 }, w, h);
      const means = Array.from({ length: w * h }, (_, i) => {
        const [x, y] = [2 * (i % w), 2 * Math.floor(i / w)];
        const sum = value(x, y) + value(x + 1, y) + value(x, y + 1) + value(x + 1, y + 1);
        return (sum + 2) >> 2;
      });
      expect([...out.subarray(0, w * h)]).toEqual(means);
      expect([...out.subarray(w * h, 2 * w * h)]).toEqual(means.map((mean) => mean + 100));
    }
  });

  it('cuts out a part as it interpolates it, scaled', () => {
    const whole = new Raster(picture(21, 13, (x, y) => (7 * x + 11 * y) % 156));
    const scaling = { minus: 127, times: 1 / 128 };
    // Eight columns are cut out, seven interpolated; both begin at the same pixel.
    const cut = whole.sample({ ...IDENTITY, tx: 13, ty: 5 }, 8, 8, scaling);
    const interpolated = whole.sample({ ...IDENTITY, tx: 13, ty: 5 }, 7, 8, scaling);
    for (let plane = 0; plane < 3; plane++) {
      for (let y = 0; y < 8; y++) {
        const row = 8 * (8 * plane + y);
        const other = 7 * (8 * plane + y);
        expect([...cut.subarray(row, row + 7)]).toEqual([...interpolated.subarray(other, other + 7)]);
      }
    }
    expect(cut[0]).toBeCloseTo((((7 * 13 + 11 * 5) % 156) - 127) / 128, 6);
  });

  it('lends what it samples, and overwrites it when it is used', async () => {
    const whole = new Raster(picture(21, 13, (x, y) => (7 * x + 11 * y) % 156));
    const scaling = { minus: 127, times: 1 / 128 };
    const toSource = { ...IDENTITY, tx: 1.5 };
    for (const view of [whole, turned(whole, 90)]) {
      const [lent, copy] = await view.lend(toSource, 8, 8, scaling, (planes) =>
        Promise.resolve([planes, [...planes]] as const),
      );
      expect(copy).toEqual([...view.sample(toSource, 8, 8, scaling)]);
      expect(lent.every((value) => value === 0)).toBe(true);
    }
    const failed = whole.lend(IDENTITY, 8, 8, scaling, () => Promise.reject(new Error('no')));
    await expect(failed).rejects.toThrow('no');
    expect(reds(whole)[20]).toBe((7 * 20) % 156);
  });

  it('is left by an image that was released, for others', () => {
    const first = new Raster(picture(8, 8, () => 100));
    first.release();
    expect(() => first.sample(IDENTITY, 8, 8)).toThrow('released');
    const second = new Raster(picture(2, 2, () => 50));
    expect(reds(second)).toEqual([50, 50, 50, 50]);
  });

  it('gives black for an image too small to reduce', () => {
    const out = new Raster(picture(3, 1, () => 100)).sample({ ...IDENTITY, a: 8 }, 2, 2);
    expect(out.every((v) => v === 0)).toBe(true);
  });
});
