import { describe, expect, it } from 'vitest';
import { fitHomography, project } from './homography.ts';

describe('a homography', () => {
  it('is found again from the points it moved', () => {
    const from = [
      { x: -1, y: -1 },
      { x: 1, y: -0.8 },
      { x: 0.9, y: 1 },
      { x: -1, y: 1.1 },
      { x: 0.2, y: 0.1 },
    ];
    const h = [1.1, 0.1, 0.3, -0.2, 0.9, -0.1, 0.05, -0.08] as const;
    const found = fitHomography(
      from,
      from.map((point) => project(h, point)),
    );
    found.forEach((value, i) => expect(value).toBeCloseTo(h[i]!, 8));
  });

  it('is not finite when the points lie on one line', () => {
    const line = [0, 1, 2, 3, 4].map((x) => ({ x, y: 0 }));
    expect(fitHomography(line, line).every(Number.isFinite)).toBe(false);
  });
});
