import { z } from 'zod';

const FREE_FAILURES = 5;
const FIRST_LOCK_MS = 30_000;
const LONGEST_LOCK_MS = 15 * 60_000;

/** Wrong PINs in a row, and the wall-clock time in milliseconds until which no PIN is looked at. */
export const Lockout = z.strictObject({ failures: z.int().nonnegative(), lockedUntil: z.number() });
export type Lockout = z.infer<typeof Lockout>;

export const UNLOCKED: Lockout = { failures: 0, lockedUntil: 0 };

/** The state after one more wrong PIN: the fifth locks for 30 s, each further one for twice as long, at most 15 min. */
export function afterFailure({ failures }: Lockout, now: number): Lockout {
  const count = failures + 1;
  const lock =
    count < FREE_FAILURES ? 0 : Math.min(FIRST_LOCK_MS * 2 ** (count - FREE_FAILURES), LONGEST_LOCK_MS);
  return { failures: count, lockedUntil: now + lock };
}

/**
 * Milliseconds that the lock still lasts, 0 when there is none. Never longer than the longest lock: a clock that was
 * set back must not shut operators out.
 */
export const remainingLock = ({ lockedUntil }: Lockout, now: number): number =>
  Math.min(Math.max(lockedUntil - now, 0), LONGEST_LOCK_MS);
