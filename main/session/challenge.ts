import { randomInt } from 'node:crypto';
import { CHALLENGE_STEPS, LintelError, type ChallengeStep } from '#contract';

/** Steps in which the head turns: a picture held up cannot follow them. */
const TURNING: readonly ChallengeStep[] = ['turn-left', 'turn-right', 'nod'];

/** Least and most steps of a challenge. */
const LENGTH = [2, 3] as const;

/**
 * An unpredictable challenge: two or three steps, never the same twice running, and where the visitor can turn the head
 * at least one in which it turns.
 * @param allowed what the kiosk may ask for
 * @param avoid what the visitor cannot do
 * @throws LintelError `challenge-impossible` when fewer than two kinds of step remain
 */
export function drawChallenge(
  allowed: readonly ChallengeStep[],
  avoid: readonly ChallengeStep[],
): ChallengeStep[] {
  const kinds = CHALLENGE_STEPS.filter((step) => allowed.includes(step) && !avoid.includes(step));
  if (kinds.length < 2) throw new LintelError('challenge-impossible');
  const needsTurn = kinds.some((step) => TURNING.includes(step));
  for (;;) {
    const challenge = drawSteps(kinds, randomInt(LENGTH[0], LENGTH[1] + 1));
    if (!needsTurn || challenge.some((step) => TURNING.includes(step))) return challenge;
  }
}

function drawSteps(kinds: readonly ChallengeStep[], count: number): ChallengeStep[] {
  const steps: ChallengeStep[] = [];
  while (steps.length < count) {
    const others = kinds.filter((step) => step !== steps.at(-1));
    steps.push(others[randomInt(others.length)] as ChallengeStep);
  }
  return steps;
}
