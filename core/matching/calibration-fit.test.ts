import { describe, expect, it } from 'vitest';
import type { CalibrationTable } from '#contract';
import { drawPeople, fitCalibration, fitPairs, MIN_PEOPLE, percentileInterval } from './calibration-fit.ts';
import { ImpostorPairs } from './impostor-pairs.ts';
import { randomTemplate } from './testing/random-templates.ts';
import { seeded } from './seeded.ts';

const options = { modelId: 'model', dataSet: 'made up', seed: 1 };

/** One image per person; similarities whose tail is exponential: a rate falls to a tenth with each 0.07. */
function exponential(people: number, seed: number): ImpostorPairs {
  const random = seeded(seed);
  return new ImpostorPairs(
    Array.from({ length: people }, (_, i) => `${i}`),
    () => Math.min(1, 0.1 - 0.07 * Math.log10(1 - random())),
  );
}

const at = (table: CalibrationTable, rate: number) => table.points.find((p) => p.falseMatchRate === rate)!;

describe('fitPairs', () => {
  const table = fitPairs(exponential(1500, 1), options);

  it('states what the data supports', () => {
    expect(table).toMatchObject({
      modelId: 'model',
      dataSet: 'made up',
      people: 1500,
      comparisons: 1_124_250,
    });
    expect(table.leastRate.byPairsOfPeople).toBeCloseTo(3 / 1_124_250, 12);
  });

  it('measures as far as the pairs of people reach and marks the rest', () => {
    const extrapolated = table.points.map((p) => [p.falseMatchRate, p.extrapolated]);
    expect(extrapolated).toEqual([
      [1e-1, false],
      [1e-2, false],
      [1e-3, false],
      [1e-4, false],
      [1e-5, false],
      [1e-6, true],
      [1e-7, true],
      [1e-8, true],
      [1e-9, true],
    ]);
  });

  it.each([1e-1, 1e-2, 1e-3, 1e-4])('reads the similarity at %f', (rate) => {
    const { similarity, interval } = at(table, rate);
    const truth = 0.1 - 0.07 * Math.log10(rate);
    expect(Math.abs(similarity - truth)).toBeLessThan(0.012);
    expect(interval[0]).toBeLessThanOrEqual(truth);
    expect(interval[1]).toBeGreaterThanOrEqual(truth);
  });

  it('goes on by the same step per decade where the tail is exponential', () => {
    const step = at(table, 1e-7).similarity - at(table, 1e-6).similarity;
    expect(step).toBeGreaterThan(0.06);
    expect(step).toBeLessThan(0.08);
  });

  it('is wider where less is known', () => {
    const widths = table.points.map(({ interval: [low, high] }) => high - low);
    expect(widths[4]!).toBeGreaterThan(widths[2]!);
    const fewer = fitPairs(exponential(MIN_PEOPLE, 2), options);
    const [low, high] = at(fewer, 1e-2).interval;
    expect(high - low).toBeGreaterThan(widths[1]!);
  });

  it('knows that comparisons share people', () => {
    // Everybody looks like others to a degree of their own: the comparisons of one person rise and fall together.
    const random = seeded(5);
    const likeness = Array.from({ length: 300 }, () => 0.1 * random());
    const people = likeness.map((_, i) => `${i}`);
    const own = () => 0.1 - 0.07 * Math.log10(1 - random());
    const shared = fitPairs(
      new ImpostorPairs(people, (i, j) => own() + likeness[i]! + likeness[j]!),
      options,
    );
    const independent = fitPairs(new ImpostorPairs(people, () => own() + 0.2 * random()), options);
    const width = ({ interval: [low, high] }: { interval: [number, number] }) => high - low;
    expect(width(at(shared, 1e-1))).toBeGreaterThan(3 * width(at(independent, 1e-1)));
  });

  it('stops where a similarity would leave what a cosine can be', () => {
    const random = seeded(7);
    const people = Array.from({ length: 200 }, (_, i) => `${i}`);
    const wide = fitPairs(new ImpostorPairs(people, () => random() ** 2), options);
    expect(wide.points.at(-1)!.similarity).toBeLessThan(1);
    expect(wide.points.length).toBeLessThan(9);
  });
});

describe('fitCalibration', () => {
  const random = seeded(9);
  const subjects = Array.from({ length: 2 * MIN_PEOPLE }, (_, i) => ({
    person: `person ${i >> 1}`,
    template: randomTemplate(32, random),
  }));

  it('compares templates, the same again for the same seed', () => {
    const table = fitCalibration(subjects, options);
    expect(table.comparisons).toBe((200 * 198) / 2);
    expect(fitCalibration(subjects, options)).toEqual(table);
    // Random directions in 32 dimensions: the cosine's deviation is 1 / sqrt(32), a tenth lie 1.28 of it above 0.
    expect(at(table, 1e-1).similarity).toBeCloseTo(1.28 / Math.sqrt(32), 1);
  });

  it('refuses fewer people than the tail needs', () => {
    expect(() => fitCalibration(subjects.slice(2), options)).toThrow(
      expect.objectContaining({
        code: 'calibration-too-few',
        message: expect.stringContaining('99 were given'),
      }),
    );
  });
});

it('draws people with all that is theirs, as many as fit, the same again for the same seed', () => {
  const items = Array.from({ length: 40 }, (_, i) => ({ person: `${i >> 2}`, i }));
  const drawn = drawPeople(items, 14, seeded(3));
  expect(drawn).toHaveLength(12);
  expect(new Set(drawn.map(({ person }) => person)).size).toBe(3);
  expect(drawPeople(items, 14, seeded(3))).toEqual(drawn);
  expect(drawPeople(items, 40, seeded(3))).toEqual(items);
});

describe('fitCalibration of the same person under many names', () => {
  it('refuses', () => {
    const template = Float32Array.of(1, 0);
    const subjects = Array.from({ length: MIN_PEOPLE }, (_, i) => ({ person: `${i}`, template }));
    expect(() => fitCalibration(subjects, options)).toThrow(
      expect.objectContaining({
        code: 'calibration-too-few',
        message: expect.stringContaining('several names'),
      }),
    );
  });
});

describe('percentileInterval', () => {
  it('holds the middle 95 %', () => {
    const values = Array.from({ length: 201 }, (_, i) => 200 - i);
    expect(percentileInterval(values)).toEqual([5, 195]);
  });
});
