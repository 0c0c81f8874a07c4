import { z } from 'zod';
import { createQueue } from './queue.ts';
import { readRow, writeRow, type Rows } from './secret-row.ts';

const FREE_FAILURES = 5;
const FIRST_LOCK_MS = 30_000;
const LONGEST_LOCK_MS = 15 * 60_000;

/** Failures in a row, and the wall-clock time in milliseconds until which no further attempt is looked at. */
export const LockState = z.strictObject({ failures: z.int().nonnegative(), lockedUntil: z.number() });
export type LockState = z.infer<typeof LockState>;

export const UNLOCKED: LockState = { failures: 0, lockedUntil: 0 };

/** The state after one more failure: the fifth locks for 30 s, each further one for twice as long, at most 15 min. */
export function afterFailure({ failures }: LockState, now: number): LockState {
  const count = failures + 1;
  const lock =
    count < FREE_FAILURES ? 0 : Math.min(FIRST_LOCK_MS * 2 ** (count - FREE_FAILURES), LONGEST_LOCK_MS);
  return { failures: count, lockedUntil: now + lock };
}

/**
 * Milliseconds that the lock still lasts, 0 when there is none. Never longer than the longest lock: a clock that was
 * set back must not shut people out.
 */
export const remainingLock = ({ lockedUntil }: LockState, now: number): number =>
  Math.min(Math.max(lockedUntil - now, 0), LONGEST_LOCK_MS);

/** Failures in a row at one thing, counted across restarts. */
export interface Lockout {
  /** Milliseconds until the next attempt may be made; 0 when it may. */
  remaining(): Promise<number>;
  /** Counts a failure. @returns the milliseconds for which it locks */
  failed(): Promise<number>;
  /** Forgets the failures, after a success. */
  reset(): Promise<void>;
}

/**
 * @param name of the store's secret that keeps the count
 * @param now wall clock in milliseconds: a lock has to outlast a restart
 */
export function createLockout(store: Rows, name: string, now: () => number = Date.now): Lockout {
  const queue = createQueue();
  const read = async (): Promise<LockState> => (await readRow(store, name, LockState)) ?? UNLOCKED;
  return {
    remaining: async () => remainingLock(await read(), now()),
    failed: () =>
      queue(async () => {
        const state = afterFailure(await read(), now());
        await writeRow(store, name, state);
        return remainingLock(state, now());
      }),
    reset: () => queue(() => store.setSecret(name, null)),
  };
}
