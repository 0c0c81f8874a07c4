import { LintelError, type ChallengeStep } from '#contract';
import { drawChallenge, kindsLeft } from './draw-challenge.ts';

/** How long an unanswered challenge stays, in milliseconds: about as long as a visit may take. */
const KEEP_MS = 60_000;
/** Draws in that time while none is answered: a visitor who cannot do a step gets another challenge. */
const DRAWS = 6;

/**
 * The challenges of one appliance at whatever screen, or of one person who signs in at a web page. A screen that begins visits until a challenge suits its recording
 * gets the same one again and again: it stays until a visit is granted or denied, or its time is over.
 */
export interface Challenges {
  /** @throws LintelError `challenge-impossible`, `rate-limited` when too many were drawn and not answered */
  next(
    allowed: readonly ChallengeStep[],
    avoid: readonly ChallengeStep[],
    missed?: readonly ChallengeStep[],
  ): ChallengeStep[];
  /** A visit was granted or denied: the next one is asked something else. */
  answered(): void;
}

/** @param now monotonic clock in milliseconds @param draw for tests */
export function createChallenges(
  now: () => number = () => performance.now(),
  draw: typeof drawChallenge = drawChallenge,
): Challenges {
  let kept: { readonly steps: ChallengeStep[]; readonly until: number } | null = null;
  let drawn: number[] = [];

  return {
    next(allowed, avoid, missed) {
      const at = now();
      const kinds = kindsLeft(allowed, avoid, missed);
      if (kept && at < kept.until && kept.steps.every((step) => kinds.includes(step))) return kept.steps;
      const steps = draw(kinds);
      drawn = drawn.filter((time) => at - time < KEEP_MS);
      if (drawn.length >= DRAWS) throw new LintelError('rate-limited');
      drawn.push(at);
      kept = { steps, until: at + KEEP_MS };
      return steps;
    },
    answered() {
      kept = null;
      drawn = [];
    },
  };
}
