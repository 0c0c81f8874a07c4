import { afterAll, expect, it } from 'vitest';
import { Raster } from './raster.ts';
import { BLOCKS, measureRegions, toLinear, type FaceRegion } from './region-colours.ts';
import type { Point } from './types.ts';

const SIZE = { width: 640, height: 480 } as const;
const GREY = 100;

/** A frontal face by its 68 points, 100 pixels between the eyes, about (x, y). */
function landmarks(x: number, y: number): Point[] {
  const ring = (
    cx: number,
    cy: number,
    rx: number,
    ry: number,
    n: number,
    from: number,
    to: number,
  ): Point[] =>
    Array.from({ length: n }, (_, i) => {
      const angle = from + ((to - from) * i) / (n - 1);
      return { x: x + cx + rx * Math.cos(angle), y: y + cy + ry * Math.sin(angle) };
    });
  const line = (x0: number, y0: number, x1: number, y1: number, n: number): Point[] =>
    Array.from({ length: n }, (_, i) => ({
      x: x + x0 + ((x1 - x0) * i) / (n - 1),
      y: y + y0 + ((y1 - y0) * i) / (n - 1),
    }));
  return [
    ...ring(0, 20, 105, 150, 17, Math.PI, 0),
    ...line(-85, -30, -20, -32, 5),
    ...line(20, -32, 85, -30, 5),
    ...line(0, 0, 0, 60, 4),
    ...line(-22, 72, 22, 72, 5),
    ...ring(-50, 0, 18, 8, 6, -Math.PI, (2 / 3) * Math.PI),
    ...ring(50, 0, 18, 8, 6, -Math.PI, (2 / 3) * Math.PI),
    ...ring(0, 110, 38, 18, 12, -Math.PI, (5 / 6) * Math.PI),
    ...ring(0, 110, 30, 8, 8, -Math.PI, (3 / 4) * Math.PI),
  ];
}

let raster: Raster | null = null;

afterAll(() => raster?.release());

/** @param paint the colour of a pixel */
function measured(paint: (x: number, y: number) => readonly number[], points: readonly Point[]) {
  raster?.release();
  const data = new Uint8Array(SIZE.width * SIZE.height * 3);
  for (let i = 0; i < data.length / 3; i++)
    data.set(paint(i % SIZE.width, Math.floor(i / SIZE.width)), 3 * i);
  raster = new Raster({ ...SIZE, data });
  return measureRegions(raster, points);
}

it("tells the person's own left cheek from the right one", () => {
  const { regions, clipped } = measured(
    (x) => (x < 320 ? [180, 90, 60] : [60, 90, 180]),
    landmarks(320, 200),
  );
  const expectColour = (region: FaceRegion, colour: readonly number[]): void => {
    for (const [c, value] of regions[region]!.entries()) expect(value).toBeCloseTo(toLinear(colour[c]!), 2);
  };
  expectColour('rightCheek', [180, 90, 60]);
  expectColour('leftCheek', [60, 90, 180]);
  expect(clipped).toBe(0);
});

it('finds brows, nose and chin where they are', () => {
  const paint = (_: number, y: number): number[] => {
    if (y > 158 && y < 180) return [40, 30, 20];
    if (y > 322) return [200, 50, 50];
    return [GREY, GREY, GREY];
  };
  const { regions } = measured(paint, landmarks(320, 200));
  expect(regions.brows![0]).toBeCloseTo(toLinear(40), 2);
  expect(regions.nose![0]).toBeCloseTo(toLinear(GREY), 2);
  expect(regions.chin![0]).toBeCloseTo(toLinear(200), 2);
  expect(regions.forehead![0]).toBeCloseTo(toLinear(GREY), 2);
});

it('measures the background where neither head nor body is', () => {
  const points = landmarks(320, 200);
  const isHead = (x: number, y: number): boolean => Math.hypot((x - 320) / 130, (y - 220) / 190) < 1;
  const { background } = measured((x, y) => (isHead(x, y) ? [250, 10, 10] : [GREY, GREY, GREY]), points);
  expect(background).toHaveLength(BLOCKS.across * BLOCKS.down);
  const seen = background.flatMap((colour) => (colour ? [colour] : []));
  expect(seen.length).toBeGreaterThan(30);
  for (const [red] of seen) expect(red).toBeCloseTo(toLinear(GREY), 3);
});

it('says how much of the skin is too bright to tell', () => {
  const { clipped } = measured(
    (_, y) => (y < 200 ? [255, 240, 240] : [GREY, GREY, GREY]),
    landmarks(320, 200),
  );
  expect(clipped).toBeGreaterThan(0.1);
  expect(clipped).toBeLessThan(0.6);
});

it('leaves out a part that is not in the picture', () => {
  const { regions } = measured(() => [GREY, GREY, GREY], landmarks(320, 20));
  expect(regions.forehead).toBeNull();
  expect(regions.nose).not.toBeNull();
});
