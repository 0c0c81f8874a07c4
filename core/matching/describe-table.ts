import type { CalibrationTable } from '#contract';

/** A calibration table for people to read, one line per rate. */
export function describeTable({ points, people, comparisons, leastRate }: CalibrationTable): string {
  return [
    `${comparisons.toLocaleString('en')} comparisons of ${people.toLocaleString('en')} people`,
    `Least rate the data can speak of: ${leastRate.byComparisons.toExponential(1)} by comparisons, ${leastRate.byPairsOfPeople.toExponential(1)} by pairs of people`,
    'False match rate  Similarity  95 % interval',
    ...points.map(
      ({ falseMatchRate, similarity, interval, extrapolated }) =>
        `${falseMatchRate.toExponential(0).padEnd(16)}  ${similarity.toFixed(4).padEnd(10)}  ${interval.map((s) => s.toFixed(4)).join(' to ')}${extrapolated ? '  extrapolated' : ''}`,
    ),
  ].join('\n');
}
