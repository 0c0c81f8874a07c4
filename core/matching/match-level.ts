import type { Calibration } from './calibration.ts';

/** The false-match rate of each level from 1 on: levels 2 to 5 are what Realeyes calls 70, 80, 90 and 95. */
const LEVEL_RATES = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6] as const;

/** @param value similarity, -1..1 @returns 1 to 5, or 0 below all levels */
export const matchLevel = (value: number, calibration: Pick<Calibration, 'similarityAtRate'>): number =>
  LEVEL_RATES.filter((rate) => value >= calibration.similarityAtRate(rate)).length;
