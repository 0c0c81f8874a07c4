import { describe, expect, test } from 'vitest';
import { errorRejectCurve, type GenuineComparison, type RatedImage } from './error-reject.ts';

/** Ada has three images and the first is poor; Bo has two good ones that do not match each other. */
const IMAGES: RatedImage[] = [
  { person: 'Ada', quality: 0.1 },
  { person: 'Ada', quality: 0.8 },
  { person: 'Ada', quality: 0.9 },
  { person: 'Bo', quality: 0.7 },
  { person: 'Bo', quality: 0.6 },
];
const GENUINE: GenuineComparison[] = [
  { a: 0, b: 1, similarity: 0.2 },
  { a: 0, b: 2, similarity: 0.1 },
  { a: 1, b: 2, similarity: 0.4 },
  { a: 3, b: 4, similarity: 0.3 },
];

describe('errorRejectCurve', () => {
  test('counts comparisons below the threshold, and a person by the number of images', () => {
    const [all] = errorRejectCurve(IMAGES, GENUINE, 0.4, [0]);
    expect(all).toMatchObject({ rejected: 0, comparisons: 4, falseNonMatchRate: 3 / 4 });
    // Ada's three comparisons weigh 1 each, Bo's one weighs 2.
    expect(all?.balancedRate).toBeCloseTo(4 / 5);
  });

  test('dropping the worst image drops every comparison with it', () => {
    const [point] = errorRejectCurve(IMAGES, GENUINE, 0.35, [0.2]);
    expect(point).toMatchObject({ comparisons: 2, falseNonMatchRate: 1 / 2 });
    expect(point?.balancedRate).toBeCloseTo(2 / 3);
  });

  test('a quality that is blind to errors leaves them in', () => {
    const inverted = IMAGES.map((image) => ({ ...image, quality: -image.quality }));
    const rates = errorRejectCurve(inverted, GENUINE, 0.35, [0, 0.2]).map((p) => p.falseNonMatchRate);
    expect(rates).toEqual([3 / 4, 2 / 2]);
  });

  test('ends where nothing is left to compare', () => {
    expect(errorRejectCurve(IMAGES, GENUINE, 0.4, [0, 0.2, 0.8]).map((p) => p.rejected)).toEqual([0, 0.2]);
  });
});
