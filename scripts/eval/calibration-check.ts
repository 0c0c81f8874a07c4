import { createCalibration, fitPairs, ImpostorPairs, MIN_PEOPLE, shuffled } from '#core/matching';
import {
  gallerySizes,
  identificationRates,
  searchGalleries,
  type IdentificationRates,
  type LabelledSimilarities,
} from './identification.ts';
import { PROMISES } from './promises.ts';
import { drawnInterval } from './proportion.ts';

const RESAMPLES = 400;

/** What became of a promise among people that the calibration had not seen. */
export interface KeptPromise {
  readonly confidence: number;
  readonly claimed: number;
  readonly measured: number;
  readonly falseMatches: number;
  readonly comparisons: number;
  /** Measured over claimed: above 1 there are more false matches than promised. */
  readonly ratio: number;
  /** 95 % confidence interval of the ratio, from drawing other people to measure. */
  readonly interval: readonly [low: number, high: number];
  /** Whether half of the people are too few to measure the similarity of this rate, so that it was extrapolated. */
  readonly extrapolated: boolean;
}

export interface CalibrationCheck {
  readonly peoplePerHalf: number;
  readonly promises: readonly KeptPromise[];
  readonly identification: readonly IdentificationRates[];
}

/**
 * Calibrate on half of the people and measure on the others, then the other way round; both measurements are added.
 * @returns null when half of the people are too few to calibrate with
 */
export function checkCalibration(
  { people, at }: LabelledSimilarities,
  random: () => number,
): CalibrationCheck | null {
  const names = shuffled(new Set(people), random);
  // Of an odd number, one person is left out.
  const half = Math.floor(names.length / 2);
  if (half < MIN_PEOPLE) return null;
  const halves = [new Set(names.slice(0, half)), new Set(names.slice(half, 2 * half))].map((names) => {
    const images = [...people.keys()].filter((image) => names.has(people[image]!));
    const labelled: LabelledSimilarities = {
      people: images.map((image) => people[image]!),
      at: (i, j) => at(images[i]!, images[j]!),
    };
    const pairs = new ImpostorPairs(labelled.people, labelled.at);
    const table = fitPairs(pairs, { modelId: 'half', dataSet: 'half', seed: 1 });
    return { labelled, pairs, table, calibration: createCalibration(table) };
  });
  // Each half with the calibration of the other.
  const folds = halves.map(({ labelled, pairs }, i) => {
    const { table, calibration } = halves[1 - i]!;
    return { labelled, pairs, table, calibration, populations: [...pairs.resamples(RESAMPLES, random)] };
  });
  const comparisons = folds.reduce((sum, { pairs }) => sum + pairs.comparisons, 0);

  const promises = PROMISES.map(([confidence, claimed]): KeptPromise => {
    const counts = folds.map(({ pairs, calibration, populations }) => {
      const threshold = calibration.similarity(confidence);
      const matches = (population?: Float64Array): number =>
        pairs.rateAt(threshold, population) * pairs.comparisons;
      return { measured: matches(), resampled: populations.map(matches) };
    });
    const falseMatches = Math.round(counts.reduce((sum, { measured }) => sum + measured, 0));
    return {
      confidence,
      claimed,
      measured: falseMatches / comparisons,
      falseMatches,
      comparisons,
      ratio: falseMatches / comparisons / claimed,
      interval: drawnInterval(
        Array.from(
          { length: RESAMPLES },
          (_, i) => counts.reduce((sum, { resampled }) => sum + resampled[i]!, 0) / comparisons,
        ),
        folds.reduce((sum, { pairs }) => sum + pairs.pairsOfPeople, 0),
      ).map((rate) => rate / claimed) as [number, number],
      extrapolated: folds.some(({ table }) => claimed < table.leastRate.byPairsOfPeople),
    };
  });

  return {
    peoplePerHalf: half,
    promises,
    identification: gallerySizes(folds[0]!.labelled.people).map((size) =>
      identificationRates(
        size,
        folds.map(({ labelled, calibration }) => searchGalleries(labelled, calibration, size, random)),
      ),
    ),
  };
}
