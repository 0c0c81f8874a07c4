import type { LightSlot } from '#contract';
import type { FaceRegion } from '#core/recognition';
import { Evidence, Pictures, type LightFrame } from './evidence.ts';
import { answersOf, fitSequence, showsFace, skinLight, type Answer, type Fit } from './fit.ts';
import { CHANNELS } from './matrix.ts';
import { rivalryOf } from './reading.ts';
import { cornersOf, halvesOf, Show } from './show.ts';

/** How a face answered, fitted to what was shown. */
export interface Response {
  /** Milliseconds from the screen to the picture. */
  readonly delay: number;
  /** Correlation of the colours with what was shown, 0..1. */
  readonly match: number;
  /** See `rivalryOf`. */
  readonly rivalry: number;
  /** Light of the whole screen at full, relative to the room's, mean over the channels; and its standard error. */
  readonly gain: number;
  readonly gainError: number;
  /** Null for a region that is not seen. */
  readonly answers: Readonly<Record<FaceRegion, Answer | null>>;
}

/** Delays that are tried, in milliseconds. */
const DELAYS = { most: 420, step: 30 } as const;

/**
 * Fit what the frames show to what the screen showed.
 * @returns null where too few frames, too little face or too little background are left
 */
export function fitResponse(
  slots: readonly LightSlot[],
  frames: readonly LightFrame[],
  least: { readonly frames: number; readonly background: number },
): Response | null {
  const show = new Show(slots);
  const pictures = new Pictures(frames, least.background);
  const sequence = slots.map((slot) => halvesOf(cornersOf(slot)));
  const lights = sequence.map(skinLight);
  let best: { readonly evidence: Evidence; readonly fit: Fit } | null = null;
  for (let delay = 0; delay <= DELAYS.most; delay += DELAYS.step) {
    const evidence = new Evidence(show, pictures, delay);
    if (evidence.count < least.frames || !showsFace(evidence)) continue;
    const fit = fitSequence(evidence, lights);
    if (fit.match > (best?.fit.match ?? -Infinity)) best = { evidence, fit };
  }
  if (best === null) return null;
  const { evidence, fit } = best;
  return {
    delay: evidence.delay,
    match: fit.match,
    rivalry: rivalryOf(evidence, slots, lights, fit.match),
    gain: CHANNELS.reduce((sum, c) => sum + fit.gains[c]!, 0) / CHANNELS.length,
    gainError: fit.gainError,
    answers: answersOf(evidence, sequence, fit.gains),
  };
}
