import { LintelError, type CalibrationTable } from '#contract';
import type { Rates } from './metrics.ts';

const RATES = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6] as const;

/**
 * The similarity at each rate: measured where the comparisons support it (rule of three), beyond that continued
 * along the last two measured points and marked as extrapolated.
 * @throws LintelError `usage` when the data supports fewer than two rates
 */
export function makeCalibrationTable(
  rates: Rates,
  source: Omit<CalibrationTable, 'points'>,
): CalibrationTable {
  const points: CalibrationTable['points'] = [];
  for (const falseMatchRate of RATES) {
    if (rates.supports(falseMatchRate)) {
      points.push({ falseMatchRate, similarity: rates.at(falseMatchRate).similarity, extrapolated: false });
      continue;
    }
    const [before, last] = points.slice(-2);
    if (!before || !last) throw new LintelError('usage', 'There are too few comparisons for a calibration.');
    const similarity = 2 * last.similarity - before.similarity;
    if (similarity >= 1) break;
    points.push({ falseMatchRate, similarity, extrapolated: true });
  }
  return {
    ...source,
    points: points.map((point) => ({ ...point, similarity: Number(point.similarity.toFixed(4)) })),
  };
}
