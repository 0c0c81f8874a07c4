import { describe, expect, it } from 'vitest';
import { PRINT_SIDE } from '#core/recognition';
import { modelPrint } from './testing/model-head.ts';
import { printDifference } from './prints.ts';

const print = modelPrint(1);

/** The same picture seen elsewhere, larger and brighter. */
const moved = Uint8Array.from(print, (_, i) => {
  const [x, y] = [1.02 * (i % PRINT_SIDE) - 0.9, 1.02 * Math.floor(i / PRINT_SIDE) + 0.4];
  const at = (u: number, v: number): number =>
    print[Math.min(PRINT_SIDE - 1, Math.max(0, v)) * PRINT_SIDE + Math.min(PRINT_SIDE - 1, Math.max(0, u))]!;
  const [u, v] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - u, y - v];
  const top = at(u, v) * (1 - fx) + at(u + 1, v) * fx;
  const bottom = at(u, v + 1) * (1 - fx) + at(u + 1, v + 1) * fx;
  return 0.9 * (top * (1 - fy) + bottom * fy) + 12;
});

describe('the difference of two prints', () => {
  it('is none between copies', () => {
    expect(printDifference(print, print)).toBe(0);
  });

  it('looks through a shift, a scale and another exposure', () => {
    expect(printDifference(print, moved)).toBeLessThan(0.02);
  });

  it('is large between pictures of different moments', () => {
    for (const take of [1.1, 1.3, 2, 5]) {
      expect(printDifference(print, modelPrint(take))).toBeGreaterThan(0.05);
    }
  });

  it('of blank pictures is a number', () => {
    const blank = new Uint8Array(PRINT_SIDE * PRINT_SIDE);
    expect(printDifference(blank, blank)).toBe(0);
    expect(printDifference(blank, print)).toBeGreaterThan(1);
  });
});
