import { describe, expect, it } from 'vitest';
import { exactProportion } from '#core/matching';
import { drawnInterval, proportion } from './proportion.ts';

const METHODS = { proportion, exactProportion };

describe('a proportion', () => {
  it.each([
    // Newcombe 1998, table I, method 3.
    ['proportion', 81, 263, 0.2553, 0.3662],
    ['proportion', 15, 148, 0.0624, 0.1605],
    ['proportion', 0, 20, 0, 0.1611],
    ['proportion', 1, 29, 0.0061, 0.1718],
    // Method 5.
    ['exactProportion', 81, 263, 0.2527, 0.3676],
    ['exactProportion', 15, 148, 0.0578, 0.1617],
    ['exactProportion', 0, 20, 0, 0.1684],
    ['exactProportion', 1, 29, 0.0009, 0.1776],
    ['exactProportion', 20, 20, 0.8316, 1],
  ] as const)('by %s: %i of %i lies between %f and %f', (method, count, of, low, high) => {
    const { rate, interval } = METHODS[method](count, of);
    expect(rate).toBe(count / of);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });
});

describe('drawnInterval', () => {
  it('holds the middle 95 % of what was drawn', () => {
    expect(
      drawnInterval(
        Array.from({ length: 201 }, (_, i) => i / 1000),
        50,
      ),
    ).toEqual([0.005, 0.195]);
  });

  it('reaches up to the rule of three where nothing was drawn', () => {
    expect(drawnInterval([0, 0, 0], 300)).toEqual([0, 0.01]);
    expect(drawnInterval([0], 2)).toEqual([0, 1]);
  });
});
