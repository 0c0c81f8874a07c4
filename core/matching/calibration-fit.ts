import { CalibrationTable, LintelError, type CalibrationPoint } from '#contract';
import { ImpostorPairs } from './impostor-pairs.ts';
import { seeded, shuffled } from './seeded.ts';
import { similarity } from './template.ts';

/** Rates of a table, rising. Beyond 1e-6 lies what a kiosk with thousands of people asks for. */
const RATES = [1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1] as const;

/** A tail begins at the least of these rates that leaves enough pairs of people beyond it. */
const TAIL_RATES = [1e-3, 1e-2] as const;
const TAIL_PAIRS = 49;

/** The least number of people whose pairs reach the higher of the tail's rates often enough: 4,950 pairs, 49 beyond. */
export const MIN_PEOPLE = 100;

/** More templates than this say little more and take minutes: 50 million comparisons. */
export const MAX_TEMPLATES = 10_000;

const RESAMPLES = 400;
const CONFIDENCE = 0.95;

/** A template and the person it is of. */
export interface LabelledTemplate {
  readonly person: string;
  readonly template: Float32Array;
}

export interface FitOptions {
  readonly modelId: string;
  /** What the table calls the images. */
  readonly dataSet: string;
  /** Of the random numbers: the same seed gives the same table. */
  readonly seed: number;
}

/**
 * The calibration of an embedding model from templates of labelled people, by comparing each with each other one.
 * Takes at least {@link MIN_PEOPLE} people, better 1,000; the intervals tell the difference. Of more than 10,000 templates, those
 * of as many people as fit, drawn at random. A person who is present under two names counts as a false match: remove
 * duplicates first. Takes about half a second per million comparisons and blocks this thread.
 * @throws LintelError `calibration-too-few`
 */
export function fitCalibration(subjects: readonly LabelledTemplate[], options: FitOptions): CalibrationTable {
  const used = drawPeople(subjects, MAX_TEMPLATES, seeded(options.seed));
  return fitPairs(
    new ImpostorPairs(
      used.map(({ person }) => person),
      (i, j) => similarity(used[i]!.template, used[j]!.template),
    ),
    options,
  );
}

/** As {@link fitCalibration}, of comparisons made already. */
export function fitPairs(pairs: ImpostorPairs, { modelId, dataSet, seed }: FitOptions): CalibrationTable {
  const { people, comparisons, pairsOfPeople } = pairs;
  if (people < MIN_PEOPLE) {
    throw new LintelError('calibration-too-few', `${MIN_PEOPLE} are needed, ${people} were given.`);
  }
  const leastRate = { byComparisons: 3 / comparisons, byPairsOfPeople: 3 / pairsOfPeople };
  const tailRate = TAIL_RATES.find((rate) => rate * pairsOfPeople >= TAIL_PAIRS) ?? TAIL_RATES[1];
  const measured = RATES.filter((rate) => rate >= leastRate.byPairsOfPeople);
  const estimate = (population: Float64Array): number[] => estimateAll(pairs, measured, tailRate, population);

  const similarities = estimate(pairs.everyone);
  const resampled = [...pairs.resamples(RESAMPLES, seeded(seed))].map(estimate);
  const points = RATES.map((falseMatchRate, i): CalibrationPoint => {
    const [low, high] = percentileInterval(resampled.map((values) => values[i]!));
    return {
      falseMatchRate,
      similarity: round(similarities[i]!),
      interval: [round(low), round(high)],
      extrapolated: !measured.includes(falseMatchRate),
    };
  }).toReversed();
  // Beyond 1 nothing matches, and equal similarities promise no more than the first of them.
  const usable = points.filter(
    ({ similarity }, i) => similarity < 1 && similarity > (points[i - 1]?.similarity ?? -1),
  );
  if (usable.length < 2) {
    throw new LintelError('calibration-too-few', 'Most seem to be present under several names.');
  }
  return CalibrationTable.parse({
    modelId,
    dataSet,
    people,
    comparisons,
    leastRate,
    method: describe(tailRate),
    points: usable,
  });
}

/**
 * Similarity at each of the rates. Below the measured ones the tail goes on as an exponential one: the similarity rises
 * by the same amount with each decade, namely by ln 10 times the mean excess over the start of the tail.
 */
function estimateAll(
  pairs: ImpostorPairs,
  measured: readonly number[],
  tailRate: number,
  population: Float64Array,
): number[] {
  const quantiles = pairs.quantiles(measured, population);
  const { meanExcess } = quantiles[measured.indexOf(tailRate)]!;
  const [least] = measured;
  const beyond = RATES.slice(0, RATES.length - measured.length).map(
    (rate) => quantiles[0]!.similarity + meanExcess * Math.log(least! / rate),
  );
  return [...beyond, ...quantiles.map(({ similarity }) => similarity)];
}

/**
 * The interval that holds the middle 95 % of what resampling gave.
 * (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.)
 */
export function percentileInterval(values: readonly number[]): [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!;
  return [at((1 - CONFIDENCE) / 2), at((1 + CONFIDENCE) / 2)];
}

/** What belongs to as many people, drawn at random, as make no more than so many items; all of it where that fits. */
export function drawPeople<T extends { readonly person: string }>(
  items: readonly T[],
  most: number,
  random: () => number,
): T[] {
  if (items.length <= most) return [...items];
  const drawn: T[] = [];
  const byPerson = Map.groupBy(items, ({ person }) => person);
  for (const own of shuffled(byPerson.values(), random)) {
    if (drawn.length + own.length <= most) drawn.push(...own);
  }
  return drawn;
}

const describe = (tailRate: number): string =>
  [
    'Each image compared with each image of other people.',
    `Intervals: 95 %, percentiles of ${RESAMPLES} bootstrap samples of people, each comparison weighted by the product of both people's counts.`,
    `Extrapolated points: exponential tail from the last measured point on, its scale the mean excess over the similarity at ${tailRate}; their intervals cover the data, not the choice of this tail.`,
  ].join(' ');

const round = (similarity: number): number => Number(similarity.toFixed(4));
