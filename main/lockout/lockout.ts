import { z } from 'zod';
import { Turns } from '#core/serial';
import { isUnwritableNow, UnsyncedError } from '#core/store';
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
  /** Whether a count waits in memory while the disk takes nothing; else it throws, and there is no attempt. */
  readonly mayWait?: boolean;
}

/** What the disk has not taken of a count: whether that began anew, and the failures since. */
interface Owed {
  readonly isAnew: boolean;
  readonly failures: number;
}

const NOTHING_OWED: Owed = { isAnew: false, failures: 0 };

const sumOf = (kept: Failures | null, { isAnew, failures }: Owed): number =>
  (isAnew ? 0 : (kept?.failures ?? 0)) + failures;

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
 * how long the machine was off: a lock that outlasts a restart begins again in full. What waits for the disk is kept with the
 * next failure or success, and lost by a restart before.
 * @param name of the store's secret that keeps the count
 * @param now monotonic clock in milliseconds
 */
export function createLockout(
  store: Rows,
  name: string,
  now: () => number = () => performance.now(),
  { free, most, mayWait = false }: LockoutRule = { free: FREE_FAILURES, most: Infinity },
): Lockout {
  const turns = new Turns();
  let owed = NOTHING_OWED;
  /** The count that was seen last, and since when; at first that of the run before. */
  let seen: { failures: number | null; since: number } = { failures: null, since: now() };

  const left = (failures: number): number => {
    if (failures !== seen.failures) seen = { failures, since: seen.failures === null ? seen.since : now() };
    if (failures >= most) return Infinity;
    return Math.max(seen.since + lockAfter(failures, free) - now(), 0);
  };
  const count = async (): Promise<number> => sumOf(await readRow(store, name, Failures), owed);

  /** Keeps the count with all that is owed. */
  const keep = (next: (before: Owed) => Owed): Promise<void> =>
    turns.take('keep', async () => {
      const wanted = next(owed);
      try {
        await changeRow(store, name, Failures, (row) => {
          const failures = sumOf(row, wanted);
          return failures === 0 ? null : { failures };
        });
        owed = NOTHING_OWED;
      } catch (error) {
        if (!mayWait || !isUnwritableNow(error)) throw error;
        owed = error instanceof UnsyncedError ? NOTHING_OWED : wanted;
      }
    });
  return {
    count,
    remaining: async () => left(await count()),
    failed: async () => {
      await keep((before) => ({ ...before, failures: before.failures + 1 }));
      const failures = await count();
      seen = { failures, since: now() };
      return left(failures);
    },
    async reset() {
      // Mostly there is nothing to forget, and a held store would keep a visitor waiting.
      if (owed === NOTHING_OWED && (await store.getSecret(name)) === null) return;
      await keep(() => ({ isAnew: true, failures: 0 }));
    },
  };
}
