import { describe, expect, it } from 'vitest';
import { ImpostorPairs } from './impostor-pairs.ts';
import { seeded } from './seeded.ts';

/** Two images of a, one each of b and c; similarity of the images i < j. */
const SIMILARITIES: Record<string, number> = {
  '0-1': 0.99,
  '0-2': 0.5,
  '0-3': 0.1,
  '1-2': 0.3,
  '1-3': -0.2,
  '2-3': 0.4,
};
const small = new ImpostorPairs(['a', 'a', 'b', 'c'], (i, j) => SIMILARITIES[`${i}-${j}`]!);

describe('ImpostorPairs', () => {
  it('compares different people only', () => {
    expect(small).toMatchObject({ people: 3, comparisons: 5, pairsOfPeople: 3 });
    expect(small.rateAt(0.6)).toBe(0);
    expect(small.rateAt(-1)).toBe(1);
  });

  it.each([
    [0.5, 1 / 5],
    [0.4, 2 / 5],
    [0.4001, 1 / 5],
    [0.3, 3 / 5],
  ])('counts those at or above %f', (similarity, rate) => {
    expect(small.rateAt(similarity)).toBeCloseTo(rate, 12);
  });

  it('weighs a comparison by the counts of both people', () => {
    // b twice, c not at all: only a with b remain, and b with itself is no comparison.
    expect(small.rateAt(0.5, Float64Array.of(1, 2, 0))).toBeCloseTo(1 / 2, 12);
    // a twice: four times two comparisons of a, one of b with c.
    expect(small.rateAt(0.4, Float64Array.of(2, 1, 1))).toBeCloseTo((2 + 1) / 9, 12);
  });

  it('finds the least similarity that at most a share reaches, and the mean excess above', () => {
    const [none, one, three] = small.quantiles([0.1, 0.2, 0.6]);
    expect(none!.similarity).toBeCloseTo(0.5001, 9);
    expect(none!.meanExcess).toBeNaN();
    expect(one!.similarity).toBeCloseTo(0.4001, 9);
    expect(one!.meanExcess).toBeCloseTo(0.1, 3);
    expect(three!.similarity).toBeCloseTo(0.1001, 9);
    expect(three!.meanExcess).toBeCloseTo(0.3, 3);
  });

  it('remembers enough of many comparisons to read a rate of 0.1', () => {
    const random = seeded(1);
    const people = Array.from({ length: 3000 }, (_, i) => `${i >> 1}`);
    const many = new ImpostorPairs(people, () => 2 * random() - 1);
    expect(many.comparisons).toBe((3000 * 2998) / 2);
    expect(many.quantiles([0.1])[0]!.similarity).toBeCloseTo(0.8, 2);
    expect(many.rateAt(0.9)).toBeCloseTo(0.05, 2);
  });

  it('draws people with replacement, the same again for the same seed', () => {
    const draw = () => [...small.resamples(50, seeded(3))];
    const populations = draw();
    expect(populations).toEqual(draw());
    expect(populations.every((p) => p.reduce((a, b) => a + b) === 3)).toBe(true);
    expect(new Set(populations.map(String)).size).toBeGreaterThan(3);
  });
});
