import { z } from 'zod';
import { changeRow, readRow, type Rows } from '../secrets/index.ts';

/** Failures before the first lock. */
const FREE_FAILURES = 4;
const FIRST_LOCK_MS = 30_000;
const LONGEST_LOCK_MS = 15 * 60_000;

/** Failures in a row. Rows of older versions also hold until when they lock by the wall clock, which anybody may set. */
const Failures = z.object({ failures: z.int().nonnegative() });
type Failures = z.infer<typeof Failures>;

/**
 * Milliseconds for which so many failures in a row lock: the first that is not free for 30 s, each further one for twice as
 * long, at most 15 min.
 */
export const lockAfter = (failures: number, free = FREE_FAILURES): number =>
  failures <= free ? 0 : Math.min(FIRST_LOCK_MS * 2 ** (failures - free - 1), LONGEST_LOCK_MS);

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
  /** Failures in a row so far. */
  count(): Promise<number>;
  /** Counts a failure. @returns the milliseconds for which it locks, as {@link remaining} */
  failed(): Promise<number>;
  /** Forgets the failures, after a success. */
  reset(): Promise<void>;
}

/**
 * A lock runs by a clock that cannot be set, so that setting the machine's ends none and prolongs none. That clock does not tell
 * how long the machine was off: a lock that outlasts a restart begins again in full.
 * @param name of the store's secret that keeps the count
 * @param now monotonic clock in milliseconds
 */
export function createLockout(
  store: Rows,
  name: string,
  now: () => number = () => performance.now(),
  { free, most }: LockoutRule = { free: FREE_FAILURES, most: Infinity },
): Lockout {
  /** The count that was seen last, and since when; at first that of the run before. */
  let seen: { failures: number | null; since: number } = { failures: null, since: now() };

  const left = (failures: number): number => {
    if (failures !== seen.failures) seen = { failures, since: seen.failures === null ? seen.since : now() };
    if (failures >= most) return Infinity;
    return Math.max(seen.since + lockAfter(failures, free) - now(), 0);
  };
  const count = async (): Promise<number> => (await readRow(store, name, Failures))?.failures ?? 0;
  return {
    count,
    remaining: async () => left(await count()),
    failed: async () => {
      const next = (row: Failures | null): Failures => ({ failures: (row?.failures ?? 0) + 1 });
      const failures = (await changeRow(store, name, Failures, next))?.failures ?? 0;
      seen = { failures, since: now() };
      return left(failures);
    },
    async reset() {
      // Mostly there is nothing to forget, and a full disk takes no writes.
      if ((await store.getSecret(name)) !== null) await store.setSecret(name, null);
    },
  };
}
