import type { ChallengeStep, Direction } from '#contract';
import type { ShownCard } from './bearer.ts';

/** How a visit is to begin. */
export interface VisitWish {
  /** Steps that this visitor cannot do. */
  readonly avoid?: readonly ChallengeStep[];
  /** Steps that were not seen of this visitor at the last try. */
  readonly missed?: readonly ChallengeStep[];
  /** The visitor wants no coloured light: steps take its place. */
  readonly withoutLight?: boolean;
  /** Which way, in attendance. */
  readonly direction?: Direction | null;
  /** The claimed face session whose photo the visitor is compared with; null: with everybody enrolled. */
  readonly sessionId?: string | null;
  /** Compared with instead of with everybody enrolled. */
  readonly card?: ShownCard | null;
}
