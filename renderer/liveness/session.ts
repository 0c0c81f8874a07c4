import { type Baseline, BaselineWatch } from './baseline.ts';
import { allDetectors, type Change, changeOf, isAtRest, type PerformedStep } from './detectors.ts';
import type { Measure } from './measure.ts';

/** What one more picture of the face showed. */
export interface Seen {
  /** Set once the face was at rest. */
  readonly baseline: Baseline | null;
  /** The face against the baseline; null without one. */
  readonly change: Change | null;
  /** The face is again, or still, as it was at rest. */
  readonly atRest: boolean;
  readonly performed: readonly PerformedStep[];
  /** It is at rest with a mouth so much narrower that what counted as its rest was a smile. */
  readonly isCalmer: boolean;
}

/** Of the mouth's width at rest: a smile begins at 1.15 (`SMILE.enter`), and the widths of one rest differ by 0.08 (`CALM_MOUTH`). */
const CALMER = 0.92;

/** A face that was gone this long may be another one: what had begun is forgotten. */
const GAP_MS = 400;

/**
 * Follows one face: first how it is at rest, then every step it performs, whatever it was asked. The kiosk asks this,
 * and so does the evaluation for recorded clips.
 */
export class LivenessSession {
  readonly #watch = new BaselineWatch();
  #baseline: Baseline | null = null;
  #detectors = allDetectors();
  #last = -Infinity;

  /** @param isSettled false while nothing is asked yet: a newer rest takes the place of an older one */
  push(measure: Measure, isSettled = true): Seen {
    if (measure.at - this.#last > GAP_MS) this.#detectors = allDetectors();
    this.#last = measure.at;
    const rest = this.#watch.push(measure);
    if (rest && !(this.#baseline && isSettled)) {
      this.#baseline = rest;
      return { baseline: rest, change: null, atRest: true, performed: [], isCalmer: false };
    }
    if (!this.#baseline) {
      return { baseline: null, change: null, atRest: false, performed: [], isCalmer: false };
    }
    const change = changeOf(this.#baseline, measure);
    const performed = this.#detectors.flatMap((detect) => detect(change) ?? []);
    const isCalmer = rest !== null && rest.mouthWidth <= CALMER * this.#baseline.mouthWidth;
    return { baseline: this.#baseline, change, atRest: isAtRest(change), performed, isCalmer };
  }
}

/** Every step in a recording, in the order in which they were certain, and when the face had come to rest. */
export function detectSteps(samples: readonly Measure[]): {
  readonly restedAt: number | null;
  readonly steps: readonly PerformedStep[];
} {
  const session = new LivenessSession();
  let restedAt: number | null = null;
  const steps = samples.flatMap((sample) => {
    const { baseline, performed } = session.push(sample);
    if (baseline) restedAt ??= sample.at;
    return performed;
  });
  return { restedAt, steps };
}
