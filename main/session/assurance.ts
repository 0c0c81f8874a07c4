import { ASSURANCE_LEVELS, highestLevel, LintelError, type AssuranceLevel } from '#contract';

/** Why more is asked of a visitor than usual. */
export const DOUBTS = ['failures', 'passive', 'first-of-day', 'small-lead'] as const;
export type Doubt = (typeof DOUBTS)[number];

/** What visitors have to prove. */
export interface AssurancePolicy {
  readonly level: AssuranceLevel;
  /** Where there is doubt; null: no more than that. */
  readonly onDoubt: AssuranceLevel | null;
}

/** What may raise doubt. Null: not known, or not yet. */
export interface Signals {
  /** Visits in a row, just before, that showed no live person. */
  readonly failures: number;
  /** Mean passive score of the frames, 0..1. */
  readonly passive: number | null;
  /** Whether the person recognised is granted for the first time on this day, by this machine's clock. */
  readonly isFirstOfDay: boolean | null;
  /** Whether no other person enrolled is nearly as like. */
  readonly hasClearLead: boolean | null;
}

/**
 * Failures from which on the next visit is doubted, and the least passive score that raises no doubt. On real recordings and
 * generated heads the score is spread over the whole range (docs/liveness.md): it is a weak sign, which asks for more and
 * refuses no visitor.
 */
const LIMITS = { failures: 2, passive: 0.3 } as const;

/** The doubts that these signals raise. */
export function doubtsOf({ failures, passive, isFirstOfDay, hasClearLead }: Signals): Doubt[] {
  const raised: Readonly<Record<Doubt, boolean>> = {
    failures: failures >= LIMITS.failures,
    passive: passive !== null && passive < LIMITS.passive,
    'first-of-day': isFirstOfDay === true,
    'small-lead': hasClearLead === false,
  };
  return DOUBTS.filter((doubt) => raised[doubt]);
}

/** What a visitor has to prove: more where there is doubt, and never less than the policy's level. */
export const requiredLevel = (
  { level, onDoubt }: AssurancePolicy,
  doubts: readonly Doubt[],
): AssuranceLevel => (onDoubt === null || doubts.length === 0 ? level : highestLevel(level, onDoubt));

/** A level without light: steps in its place. @throws LintelError `challenge-impossible` where steps are asked as well */
export function lit(level: AssuranceLevel, withoutLight: boolean): AssuranceLevel {
  const { light, steps } = ASSURANCE_LEVELS[level];
  if (!light || !withoutLight) return level;
  if (steps) throw new LintelError('challenge-impossible');
  return 'steps';
}
