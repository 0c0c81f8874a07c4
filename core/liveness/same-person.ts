import type { Calibration } from '#core/matching';
import type { SamePerson } from './types.ts';

/** False-match rates at which two images count as one person's; turned faces are less alike. */
const RATE = { frontal: 1e-3, turned: 1e-2 };

/** How alike two images have to be to count as one person's, by what an embedding network's similarities mean. */
export function samePersonOf(calibration: Pick<Calibration, 'similarityAtRate'>): SamePerson {
  return {
    frontal: calibration.similarityAtRate(RATE.frontal),
    turned: calibration.similarityAtRate(RATE.turned),
  };
}
