import { describe, expect, it } from 'vitest';
import { createCalibration, seeded } from '#core/matching';
import { madeUpTable } from '../../core/matching/testing/made-up-table.ts';
import { gallerySizes, identificationRates, searchGalleries } from './identification.ts';

/** One decade of rate is 0.1 of similarity: 1e-3 / 10 people is 0.4. */
const calibration = createCalibration(
  madeUpTable([
    [1e-3, 0.3],
    [1e-6, 0.6],
  ]),
);

/** Twenty people with two images each. */
const people = Array.from({ length: 40 }, (_, i) => `${i >> 1}`);
const search = (size: number, own: number, other: number) =>
  searchGalleries(
    { people, at: (i, j) => (people[i] === people[j] ? own : other) },
    calibration,
    size,
    seeded(1),
  );

describe('searchGalleries', () => {
  it('searches for the other image of the enrolled and for all of those who are not', () => {
    const { galleries, mated, nonMated } = search(10, 0.9, 0);
    expect(mated).toEqual({ searches: galleries * 10, missed: 0 });
    expect(nonMated).toEqual({ searches: galleries * 20, matched: 0 });
  });

  it('leaves out the own reference when all are enrolled', () => {
    const { galleries, mated, nonMated } = search(20, 0.9, 0);
    expect(mated.searches).toBe(galleries * 20);
    expect(nonMated).toEqual({ searches: galleries * 40, matched: 0 });
  });

  it.each([
    ['below the threshold of ten people', 10, 0.39, true],
    ['above it', 10, 0.41, false],
    ['above it, in a gallery of one', 1, 0.31, false],
  ])('own similarity %s', (_, size, own, missed) => {
    const { mated } = search(size, own, 0);
    expect(mated.missed).toBe(missed ? mated.searches : 0);
  });

  it('is not satisfied when another person is as near', () => {
    const { mated } = search(10, 0.7, 0.65);
    expect(mated.missed).toBe(mated.searches);
  });

  it('counts people who are not enrolled and look like one who is', () => {
    // Image 0 looks like image 39, whose person has no other image: no other person is near.
    const at = (i: number, j: number) =>
      people[i] === people[j] || (Math.min(i, j) <= 1 && Math.max(i, j) >= 38) ? 0.9 : 0;
    const { nonMated, galleries } = searchGalleries({ people, at }, calibration, 20, seeded(1));
    expect(nonMated.matched).toBe(galleries * 4);
  });

  it('refuses a gallery larger than the people', () => {
    expect(() => search(21, 1, 0)).toThrow(RangeError);
  });
});

describe('identificationRates', () => {
  it('are means per gallery over all tallies', () => {
    const tally = (missed: number, threshold: number) => ({
      galleries: 2,
      thresholds: [threshold],
      mated: { searches: 20, missed },
      nonMated: { searches: 40, matched: 1 },
    });
    const rates = identificationRates(10, [tally(2, 0.4), tally(4, 0.5)]);
    expect(rates).toMatchObject({ gallerySize: 10, galleries: 4, similarity: 0.45 });
    expect(rates.falseNegative).toMatchObject({ count: 1.5, of: 10, rate: 0.15 });
    expect(rates.falsePositive).toMatchObject({ count: 0.5, of: 20, rate: 0.025 });
  });
});

describe('gallerySizes', () => {
  it.each([
    [50, [50]],
    [100, [100]],
    [1500, [100, 1000, 1500]],
  ])('of %i people', (count, sizes) => {
    expect(gallerySizes(Array.from({ length: count }, (_, i) => `${i}`))).toEqual(sizes);
  });
});
