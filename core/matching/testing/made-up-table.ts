import type { CalibrationTable } from '#contract';

/** A calibration table for tests and benchmarks. @param points false-match rate and similarity, falling in rate */
export function madeUpTable(
  points: readonly (readonly [falseMatchRate: number, similarity: number])[],
  modelId = 'made-up',
): CalibrationTable {
  return {
    modelId,
    dataSet: 'made up',
    people: 100,
    comparisons: 1_000_000,
    leastRate: { byComparisons: 3e-6, byPairsOfPeople: 6e-4 },
    method: 'none',
    points: points.map(([falseMatchRate, similarity]) => ({
      falseMatchRate,
      similarity,
      interval: [similarity, similarity],
      extrapolated: false,
    })),
  };
}
