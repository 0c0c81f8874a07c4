import { expect, it } from 'vitest';
import { Raster } from './raster.ts';
import { measureLuma, measureSurroundings } from './surroundings.ts';

const [WIDTH, HEIGHT] = [160, 120];
const BOX = { x: 60, y: 40, width: 40, height: 50 };

/** A head with shoulders of luma 30 before a wall of luma 220. */
function portrait(): Raster {
  const data = new Uint8Array(3 * WIDTH * HEIGHT);
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    const isPerson = (x >= 55 && x < 105 && y >= 30) || (y >= 95 && x >= 47 && x < 113);
    data.fill(isPerson ? 30 : 220, 3 * i, 3 * i + 3);
  }
  return new Raster({ data, width: WIDTH, height: HEIGHT });
}

it('measures the light around a head, without the person', () => {
  const image = portrait();
  expect(measureSurroundings(image, BOX)).toBeGreaterThan(210);
  expect(measureLuma(image)).toBeLessThan(190);
  expect(measureLuma(image)).toBeGreaterThan(150);
});

it('is 0 where the head fills the picture', () => {
  expect(measureSurroundings(portrait(), { x: 0, y: 0, width: WIDTH, height: HEIGHT })).toBe(0);
});
