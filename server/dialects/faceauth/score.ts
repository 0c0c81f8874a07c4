import type { z } from 'zod';
import type { Comparison } from '#contract';
import type { Calibration } from '#core/matching';

/** What the page asks of a match. */
const LEAST_CONFIDENCE = 85;
const MOST_DISTANCE = 0.42;

export type Score = Pick<z.output<typeof Comparison>, 'match' | 'confidence' | 'distance'>;

/**
 * Two ways to tell a similarity (cosine, -1..1). The confidence is that of the calibration; the distance falls linearly
 * with the similarity, is 0 for the same picture and 0.42 where the confidence is 85, so that both limits of the page
 * mean the same. Rounded to the stricter side, the confidence (0..100) to one decimal and the distance to three, and
 * judged as shown.
 */
export function scoreOf(similarity: number, calibration: Calibration): Score {
  const unit = MOST_DISTANCE / (1 - calibration.similarity(LEAST_CONFIDENCE));
  const confidence = Math.floor(calibration.confidence(similarity) * 10) / 10;
  const distance = Math.ceil(Math.max(0, 1 - similarity) * unit * 1000 - 1e-6) / 1000;
  return { match: distance <= MOST_DISTANCE && confidence >= LEAST_CONFIDENCE, confidence, distance };
}
