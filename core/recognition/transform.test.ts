import { describe, expect, it } from 'vitest';
import { apply, estimateSimilarity, invert, mean, scaleOf, type Similarity } from './transform.ts';
import type { Point } from './types.ts';

const SQUARE: readonly Point[] = [
  { x: 0, y: 0 },
  { x: 2, y: 0 },
  { x: 2, y: 2 },
  { x: 0, y: 2 },
];

/** Free of rounding errors. */
const rounded = ({ a, b, tx, ty }: Similarity): number[] =>
  [a, b, tx, ty].map((v) => Math.round(v * 1e9) / 1e9 + 0);

describe('estimateSimilarity', () => {
  it.each<[string, Similarity]>([
    ['identity', { a: 1, b: 0, tx: 0, ty: 0 }],
    ['shift', { a: 1, b: 0, tx: -3, ty: 7.5 }],
    ['quarter turn', { a: 0, b: 1, tx: 0, ty: 0 }],
    ['all at once', { a: 1.2, b: -0.7, tx: 12, ty: -4 }],
  ])('recovers the exact transform: %s', (_, t) => {
    const moved = SQUARE.map((p) => apply(t, p));
    expect(rounded(estimateSimilarity(SQUARE, moved))).toEqual(rounded(t));
  });

  it('never reflects', () => {
    const mirrored = SQUARE.map(({ x, y }) => ({ x: -x, y }));
    const t = estimateSimilarity(SQUARE, mirrored);
    // The best rotation of a square onto its mirror image is as good as none: the scale collapses.
    expect(scaleOf(t)).toBeCloseTo(0, 10);
  });

  it('spreads an error over all points', () => {
    // By hand: centred corners are (+-1, +-1), their squared norm is 8. Moving the target of (1, -1) by (1, 0) adds 1
    // to the sum of dot products (8) and 1 to that of cross products (0), and 1/4 to the centre of the targets.
    const to = SQUARE.map((p, i) => (i === 1 ? { x: 3, y: 0 } : p));
    const [a, b] = [9 / 8, 1 / 8];
    expect(rounded(estimateSimilarity(SQUARE, to))).toEqual(
      rounded({ a, b, tx: 1.25 - (a - b), ty: 1 - (a + b) }),
    );
  });

  it('refuses points that coincide or have no counterpart', () => {
    expect(() => estimateSimilarity([SQUARE[0]!, SQUARE[0]!], SQUARE)).toThrow(RangeError);
    expect(() => estimateSimilarity(SQUARE, SQUARE.slice(1))).toThrow(RangeError);
  });
});

describe('invert', () => {
  it('undoes a transform', () => {
    const t: Similarity = { a: 0.3, b: 1.1, tx: 5, ty: -9 };
    const back = apply(invert(t), apply(t, { x: 4, y: -2 }));
    expect(back.x).toBeCloseTo(4, 10);
    expect(back.y).toBeCloseTo(-2, 10);
  });
});

describe('mean', () => {
  it('is the centre', () => expect(mean(SQUARE)).toEqual({ x: 1, y: 1 }));
});
