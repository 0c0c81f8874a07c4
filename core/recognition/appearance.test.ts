import { expect, it } from 'vitest';
import { APPEARANCE_LENGTH, appearanceOf } from './appearance.ts';
import { PRINT_SIDE } from './print.ts';

/** A print whose every row rises from left to right, from 40 on. */
const ramp = (slope: number, base = 40): Uint8Array =>
  Uint8Array.from({ length: PRINT_SIDE ** 2 }, (_, i) => base + slope * (i % PRINT_SIDE));

it('is the same in dim and in harsh light', () => {
  const [dim, harsh] = [appearanceOf(ramp(1)), appearanceOf(ramp(3, 80))];
  for (const [i, value] of dim.slice(0, APPEARANCE_LENGTH / 2).entries()) {
    expect(harsh[i]).toBeCloseTo(value, 5);
  }
});

it('tells where a cover is, and that it has no texture', () => {
  const covered = ramp(1).map((value, i) => (i >= PRINT_SIDE ** 2 / 2 ? 10 : value));
  const [before, after] = [appearanceOf(ramp(1)), appearanceOf(covered)];
  const cells = APPEARANCE_LENGTH / 2;
  for (let cell = cells / 2; cell < cells; cell++) {
    expect(after[cell]).toBeLessThan(-0.9);
    expect(after[cells + cell]).toBeLessThan(before[cells + cell]! - 0.5);
  }
  for (let cell = 0; cell < cells / 2; cell++) expect(after[cell]).toBeGreaterThan(-0.1);
});

it('is finite where everything is of one colour', () => {
  expect(appearanceOf(new Uint8Array(PRINT_SIDE ** 2)).every(Number.isFinite)).toBe(true);
});
