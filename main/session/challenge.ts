import { randomInt } from 'node:crypto';
import { CHALLENGE_STEPS, LintelError, movesHead, type ChallengeStep } from '#contract';

/** Least and most steps of a challenge. */
const LENGTH = [2, 3] as const;

/**
 * An unpredictable challenge: two or three steps, never the same twice running, and where the visitor can move the head
 * at least one in which it moves: a picture held up cannot follow that one.
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
  const needsHead = kinds.some(movesHead);
  for (;;) {
    const challenge = drawSteps(kinds, randomInt(LENGTH[0], LENGTH[1] + 1));
    if (!needsHead || challenge.some(movesHead)) return challenge;
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
