import { z } from 'zod';
import { changeRow, readRow, type Rows } from './secret-row.ts';

/** Failures before the first lock. */
const FREE_FAILURES = 4;
const FIRST_LOCK_MS = 30_000;
const LONGEST_LOCK_MS = 15 * 60_000;

/** Failures in a row, and the wall-clock time in milliseconds until which no further attempt is looked at. */
export const LockState = z.strictObject({ failures: z.int().nonnegative(), lockedUntil: z.number() });
export type LockState = z.infer<typeof LockState>;

export const UNLOCKED: LockState = { failures: 0, lockedUntil: 0 };

/**
 * The state after one more failure: the first that is not free locks for 30 s, each further one for twice as long, at
 * most 15 min.
 */
export function afterFailure({ failures }: LockState, now: number, free = FREE_FAILURES): LockState {
  const count = failures + 1;
  const lock = count <= free ? 0 : Math.min(FIRST_LOCK_MS * 2 ** (count - free - 1), LONGEST_LOCK_MS);
  return { failures: count, lockedUntil: now + lock };
}

/**
 * Milliseconds that the lock still lasts, 0 when there is none. Never longer than the longest lock: a clock that was
 * set back must not shut people out.
 */
export const remainingLock = ({ lockedUntil }: LockState, now: number): number =>
  Math.min(Math.max(lockedUntil - now, 0), LONGEST_LOCK_MS);

/** How many failures in a row are free, and after how many there is no further attempt. */
export interface LockoutRule {
  /** Without a lock: each further failure locks. */
  readonly free: number;
  /** So many lock until {@link Lockout.reset}. */
  readonly most: number;
}

/** Failures in a row at one thing, counted across restarts. */
export interface Lockout {
  /** Milliseconds until the next attempt may be made; 0 when it may, Infinity when not before {@link reset}. */
  remaining(): Promise<number>;
  /** Counts a failure. @returns the milliseconds for which it locks, as {@link remaining} */
  failed(): Promise<number>;
  /** Forgets the failures, after a success. */
  reset(): Promise<void>;
}

/**
 * @param name of the store's secret that keeps the count
 * @param now wall clock in milliseconds: a lock has to outlast a restart
 */
export function createLockout(
  store: Rows,
  name: string,
  now: () => number = Date.now,
  { free, most }: LockoutRule = { free: FREE_FAILURES, most: Infinity },
): Lockout {
  const left = (state: LockState): number =>
    state.failures >= most ? Infinity : remainingLock(state, now());
  return {
    remaining: async () => left((await readRow(store, name, LockState)) ?? UNLOCKED),
    failed: async () => {
      const count = (state: LockState | null): LockState => afterFailure(state ?? UNLOCKED, now(), free);
      return left((await changeRow(store, name, LockState, count)) ?? UNLOCKED);
    },
    async reset() {
      // Mostly there is nothing to forget, and a full disk takes no writes.
      if ((await store.getSecret(name)) !== null) await store.setSecret(name, null);
    },
  };
}
