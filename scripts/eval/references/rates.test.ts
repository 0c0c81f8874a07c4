import { describe, expect, it } from 'vitest';
import { createCalibration, seeded } from '#core/matching';
import { madeUpTable } from '../../../core/matching/testing/made-up-table.ts';
import { ratesByReferences } from './rates.ts';
import { referenceSvg, referenceTables } from './report.ts';

/** One decade of rate is 0.1 of similarity: of 1e-3 / 10 references .4, of 1e-3 / 100 .5. */
const calibration = createCalibration(
  madeUpTable([
    [1e-3, 0.3],
    [1e-6, 0.6],
  ]),
);

/** Ten people with five photographs each, and thirty with one. */
const people = [
  ...Array.from({ length: 50 }, (_, i) => `several ${i % 10}`),
  ...Array.from({ length: 30 }, (_, i) => `one ${i}`),
];

/** Photographs of one person are alike when they are of one of two kinds, by their number. */
const at = (i: number, j: number): number =>
  people[i] !== people[j] ? 0 : Math.floor(i / 10) % 2 === Math.floor(j / 10) % 2 ? 0.9 : 0.35;
const measure = (of: (i: number, j: number) => number, asked = {}) =>
  ratesByReferences(
    { people, at: of },
    calibration,
    { people: 12, references: [1, 2, 3], draws: 20, ...asked },
    seeded(1),
  );

describe('identification by references', () => {
  it('searches for the same people with another photograph, whatever the number of references', () => {
    const rates = measure(at);
    expect(rates.map(({ references, gallery, people: searched }) => [references, gallery, searched])).toEqual(
      [
        [1, 12, 10],
        [2, 24, 10],
        [3, 36, 10],
      ],
    );
    expect(new Set(rates.map(({ searches }) => searches))).toEqual(new Set([10 * 2 * 20]));
    // A probe of a kind that none of the references is of is missed: 3 of 4 photographs left of one kind or 2, and so on.
    const [one, two, three] = rates.map(({ falseNegative }) => falseNegative.rate);
    expect(one).toBeGreaterThan(0.4);
    expect(two).toBeLessThan(one!);
    expect(three).toBeLessThan(two!);
    expect(three).toBeGreaterThan(0);
    for (const { falseNegative, falsePositive } of rates) {
      expect(falseNegative.interval[0]).toBeLessThanOrEqual(falseNegative.rate);
      expect(falseNegative.interval[1]).toBeGreaterThanOrEqual(falseNegative.rate);
      expect(falsePositive.count).toBe(0);
    }
  });

  it('misses nobody who is always alike, and everybody whom somebody else is as alike as', () => {
    expect(measure((i, j) => (people[i] === people[j] ? 0.9 : 0))[0]!.missed).toBe(0);
    const [alike] = measure(() => 0.9);
    expect(alike!.falseNegative.rate).toBe(1);
    expect(alike!.falsePositive.count).toBe(0);
  });

  it('counts strangers who are taken for somebody', () => {
    // Each person without another photograph resembles the first of the others alone.
    const like = (i: number, j: number): number =>
      people[i] === people[j] || Math.min(i, j) % 10 === 0 ? 0.9 : 0;
    expect(measure(like, { references: [1] })[0]!.falsePositive.count).toBeGreaterThan(0);
  });

  it('refuses what the photographs do not allow', () => {
    expect(() => measure(at, { references: [5] })).toThrow(/6 photographs/);
    expect(() => measure(at, { people: 200 })).toThrow(/Too few people are left/);
  });

  it('is told as a table and drawn', () => {
    const report = { modelId: 'm', seed: 1, draws: 20, size: 12, rates: measure(at) };
    const { references } = referenceTables(report);
    expect(references!.rows).toHaveLength(3);
    expect(referenceSvg(report)).toMatch(/^<svg/);
  });
});
