import { randomInt } from 'node:crypto';
import { CHALLENGE_STEPS, LintelError, movesHead, type ChallengeStep } from '#contract';

/** Least and most steps of a challenge. */
const LENGTH = [2, 3] as const;
/** Least kinds of step to draw from, and least where the screen says what its visitor cannot do. */
const KINDS = { allowed: 2, left: 3 } as const;

/**
 * The kinds of step that a visitor may be asked for.
 * @param allowed what the kiosk may ask for
 * @param avoid what the visitor cannot do, as the screen says
 * @param missed what was not seen of the visitor at the last try: left out where enough other kinds are left
 * @throws LintelError `challenge-impossible` when fewer than two are allowed, or fewer than three are left of more, or none
 *   that moves the head though some are allowed: a screen must not narrow the challenge to what its recording or its
 *   picture shows
 */
export function kindsLeft(
  allowed: readonly ChallengeStep[],
  avoid: readonly ChallengeStep[],
  missed: readonly ChallengeStep[] = [],
): ChallengeStep[] {
  const kinds = CHALLENGE_STEPS.filter((step) => allowed.includes(step) && !avoid.includes(step));
  if (!suffice(kinds, allowed)) throw new LintelError('challenge-impossible');
  const others = kinds.filter((step) => !missed.includes(step));
  return suffice(others, allowed) ? others : kinds;
}

function suffice(kinds: readonly ChallengeStep[], allowed: readonly ChallengeStep[]): boolean {
  const least = allowed.length > kinds.length ? KINDS.left : KINDS.allowed;
  const losesHead = allowed.some(movesHead) && !kinds.some(movesHead);
  return kinds.length >= least && !losesHead;
}

/**
 * An unpredictable challenge: two or three steps, never the same twice running, and where the visitor can move the head
 * at least one in which it moves: a picture held up cannot follow that one.
 * @param kinds to draw from, two at least
 */
export function drawChallenge(kinds: readonly ChallengeStep[]): ChallengeStep[] {
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
