import { describe, expect, it } from 'vitest';
import { median, Rates, Scores } from './metrics.ts';

const scores = (...values: number[]): Scores => {
  const result = new Scores();
  for (const value of values) result.add(value);
  return result;
};

describe('Rates', () => {
  // Ten of each: at 0.5 two of ten impostors pass and two of ten genuine pairs fail.
  const genuine = scores(0.9, 0.8, 0.8, 0.7, 0.7, 0.6, 0.6, 0.55, 0.45, 0.35);
  const impostor = scores(0.65, 0.52, 0.4, 0.3, 0.2, 0.1, 0.1, 0, -0.1, -1);
  const rates = new Rates(genuine, impostor);

  it('finds the equal error rate between the scores that decide it', () => {
    const { rate, similarity } = rates.equalError();
    expect(rate).toBeCloseTo(0.2, 12);
    expect(similarity).toBeGreaterThan(0.45);
    expect(similarity).toBeLessThanOrEqual(0.52);
  });

  it.each([
    [0.2, 0.9, 0.4],
    [0.1, 0.8, 0.52],
    [0.05, 0.5, 0.65],
    [0, 0.5, 0.65],
    [1, 1, -1],
  ])('accepts at a false-accept rate of %f a share of %f, just above similarity %f', (far, tar, above) => {
    const point = rates.at(far);
    expect(point.tar).toBeCloseTo(tar, 12);
    expect(point.similarity).toBeGreaterThanOrEqual(above);
    expect(point.similarity).toBeLessThanOrEqual(above + 1.1e-5);
  });

  it('speaks of a rate only when three impostor comparisons would be expected at it', () => {
    expect(rates.supports(0.3)).toBe(true);
    expect(rates.supports(0.29)).toBe(false);
  });

  it('draws the trade-off no further than the comparisons support', () => {
    const curve = rates.curve();
    expect(curve[0]).toEqual({ falseMatchRate: 1, falseNonMatchRate: 0 });
    expect(curve.at(-1)!.falseMatchRate).toBeGreaterThanOrEqual(0.3);
    expect(curve.map((p) => p.falseNonMatchRate)).toEqual(
      curve.map((p) => p.falseNonMatchRate).toSorted((a, b) => a - b),
    );
  });

  it('separates perfectly when the scores do', () => {
    const perfect = new Rates(scores(0.8, 0.9), scores(0.1, 0.2));
    expect(perfect.equalError().rate).toBe(0);
    expect(perfect.at(0).tar).toBe(1);
  });
});

describe('Scores', () => {
  it('keeps rounding errors beyond -1 and 1 at the ends', () => {
    const share = scores(1.0000001, -1.0000001).shareAtOrAbove();
    expect([share[0], share[1], share.at(-2), share.at(-1)]).toEqual([1, 0.5, 0.5, 0]);
  });
});

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])('of %j is %f', (values, expected) => expect(median(values)).toBe(expected));
});
