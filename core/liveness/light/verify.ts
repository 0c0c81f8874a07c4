import type { LightReason, LightSlot } from '#contract';
import type { LightFrame } from './evidence.ts';
import { LIGHT_LIMITS } from './limits.ts';
import { fitResponse, type Response } from './response.ts';

/** What was shown, and what the frames of that time show; times in milliseconds since the sequence began. */
export interface LightSession {
  readonly slots: readonly LightSlot[];
  readonly frames: readonly LightFrame[];
}

/** Numbers for the audit; null where the frames did not allow to measure. */
export interface LightScores {
  /** Correlation of the face's colours with what the screen showed. */
  readonly match: number | null;
  /** How much more another sequence explains, as a share of the variance; see `rivalryOf`. */
  readonly rivalry: number | null;
  /** Milliseconds from the screen to the picture. */
  readonly delay: number | null;
  /** The full screen's light on the face, relative to the room's. */
  readonly gain: number | null;
  /**
   * How much more each side of the face answers its own side of the screen than the other one, over both: 0 where they
   * answer alike, about 0.1 for a flat picture near the screen, a quarter and more for a head. What lights the room, and
   * from where, cancels.
   */
  readonly relief: number | null;
  /**
   * How much brows answer like glass: 0 where they answer in proportion to what they throw back of the room's light, as
   * everything matt does, 1 where they answer as much as the bright forehead.
   */
  readonly gloss: number | null;
}

export interface LightVerdict {
  /** Null when the screen's light was found on a face. */
  readonly reason: LightReason | null;
  readonly scores: LightScores;
}

/** Whether a face answers the screen's light in time, order and place. Pure. */
export function verifyLight({ slots, frames }: LightSession): LightVerdict {
  const response = fitResponse(slots, frames, LIGHT_LIMITS);
  if (response === null) return { reason: 'light-unclear', scores: NO_LIGHT_SCORES };
  const relief = reliefOf(response);
  const gloss = glossOf(response);
  const { match, rivalry, delay, gain } = response;
  const clipped = frames.reduce((sum, { colours }) => sum + colours.clipped, 0) / frames.length;
  return {
    reason: clipped > LIGHT_LIMITS.clipped ? 'light-unclear' : reasonOf(response, relief, gloss),
    scores: { match, rivalry, delay, gain, relief: relief?.value ?? null, gloss: gloss?.value ?? null },
  };
}

/** The scores of light that could not be measured. */
export const NO_LIGHT_SCORES: LightScores = {
  match: null,
  rivalry: null,
  delay: null,
  gain: null,
  relief: null,
  gloss: null,
};

function reasonOf(
  { match, rivalry, delay, gain, gainError }: Response,
  relief: Estimate | null,
  gloss: Estimate | null,
): LightReason | null {
  const limits = LIGHT_LIMITS;
  if (match < limits.match || gain < limits.gain) {
    // An answer as strong as the least one would have shown, or the room is too bright to tell.
    const leastSeen = Math.max(3 * gainError, seenFrom(gain, match));
    return limits.gain < leastSeen ? 'light-unclear' : 'light-missing';
  }
  if (rivalry > limits.rivalry) return 'light-unclear';
  if (delay > limits.delay) return 'light-late';
  // What the noise may explain says nothing against anybody.
  if (gloss !== null && gloss.value - 2 * gloss.error > limits.gloss) return 'light-glossy';
  if (relief === null || relief.value + 2 * relief.error < limits.relief) return 'light-flat';
  return null;
}

/**
 * The least gain that would reach the match asked for beside what disturbed this answer. A match m is an answer of m beside a
 * disturbance of the square root of 1 - m²; the disturbance stays, and the answer grows with the gain.
 */
function seenFrom(gain: number, match: number): number {
  const reached = disturbanceOf(Math.max(1e-3, Math.min(1, match)));
  return (gain * reached) / disturbanceOf(LIGHT_LIMITS.match);
}

/** What disturbs an answer, of the answer. */
const disturbanceOf = (match: number): number => Math.sqrt(1 - match * match) / match;

interface Estimate {
  readonly value: number;
  /** Standard error. */
  readonly error: number;
}

function reliefOf({ answers: { leftCheek, rightCheek } }: Response): Estimate | null {
  if (!leftCheek || !rightCheek) return null;
  const [left, right] = [leftCheek.left + leftCheek.right, rightCheek.left + rightCheek.right];
  if (left <= 0 || right <= 0) return null;
  return {
    value: ((leftCheek.left - leftCheek.right) / left + (rightCheek.right - rightCheek.left) / right) / 2,
    error: Math.hypot(leftCheek.error / left, rightCheek.error / right),
  };
}

function glossOf({ answers: { brows, forehead } }: Response): Estimate | null {
  if (!brows || !forehead) return null;
  const [dark, bright] = [brows.left + brows.right, forehead.left + forehead.right];
  const contrast = forehead.light / Math.max(1e-4, brows.light);
  if (contrast < LIGHT_LIMITS.browContrast || bright <= 0) return null;
  const error = Math.SQRT2 * Math.hypot(brows.error / bright, (forehead.error * dark) / bright ** 2);
  return { value: (dark / bright - 1) / (contrast - 1), error: error / (contrast - 1) };
}
