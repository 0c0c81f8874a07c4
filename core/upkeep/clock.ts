import { uptime } from 'node:os';
import { z } from 'zod';
import { AuditRecord, LintelError, type AuditEntry } from '#contract';
import type { Store } from '#core/store';

const DAY_MS = 86_400_000;

/** No entry is older than the program. */
export const EARLIEST = new Date('2025-01-01T00:00:00Z');

/** A machine may have been off, or its clock behind, for so long without anybody being asked. */
const MOST_AHEAD_MS = 31 * DAY_MS;
const MOST_BEHIND_MS = DAY_MS;

/** The store's secret that says what time it is, as far as is known. */
const SECRET = 'clock';
const Known = z.object({
  at: z.number(),
  /** Whether it is noted in the audit log that the clock contradicts it. */
  isNoted: z.boolean(),
  /** When an operator last said that the clock is right, by that clock; 0: never. */
  trustedAt: z.number().default(0),
});
type Known = z.infer<typeof Known>;

/** What was known when this process first looked at the clock of a store, or for the first time since an operator trusted it. */
const begun = new WeakMap<
  Store['audit'],
  Pick<Known, 'at' | 'trustedAt'> & { readonly monotonicMs: number }
>();

/** Milliseconds since the machine was started, also those for which it slept: by a clock that cannot be set. */
export const sinceBootMs = (): number => uptime() * 1000;

/**
 * Asked before anything is deleted because it is old. A clock without a battery begins in 1970, and a bad one jumps; one deletion by
 * it is one too many. So the clock is compared with what it should say: the time at which a process last looked at it (at first, that
 * of the newest entry of the audit log), and how much has passed since this process first did, by a clock that cannot be set.
 * @param now what the clock says
 * @param monotonicMs the clock that cannot be set
 * @throws LintelError `clock-implausible`
 */
export async function requirePlausibleClock(
  store: Store,
  now: Date,
  monotonicMs = sinceBootMs(),
): Promise<void> {
  const { known, at, isPlausible } = await compare(store, now, monotonicMs);
  const isNews = !isPlausible && !known.isNoted;
  await write(
    store,
    { ...known, at: isPlausible ? now.getTime() : at, isNoted: !isPlausible },
    isNews ? { kind: 'clock-doubted', known: iso(at) } : undefined,
  );
  if (isPlausible) return;
  throw new LintelError('clock-implausible', `(It says ${now.toISOString()}, about ${iso(at)} is expected.)`);
}

/** Whether {@link requirePlausibleClock} would pass; nothing is written. */
export async function isClockPlausible(
  store: Store,
  now: Date,
  monotonicMs = sinceBootMs(),
): Promise<boolean> {
  return (await compare(store, now, monotonicMs)).isPlausible;
}

/** @returns also the time that is expected, `at` */
async function compare(store: Store, now: Date, monotonicMs: number) {
  const known = (await read(store)) ?? {
    at: (await newestEntry(store)) ?? now.getTime(),
    isNoted: false,
    trustedAt: 0,
  };
  let first = begun.get(store.audit);
  if (first?.trustedAt !== known.trustedAt) {
    first = { at: known.at, trustedAt: known.trustedAt, monotonicMs };
    begun.set(store.audit, first);
  }
  // By the first look and not by the last: many jumps, each of which may be, add up to one that may not.
  const passed = first.at + Math.max(0, monotonicMs - first.monotonicMs);
  const at = Math.max(known.at, passed);
  const isPlausible =
    now >= EARLIEST && now.getTime() - passed <= MOST_AHEAD_MS && at - now.getTime() <= MOST_BEHIND_MS;
  return { known, at, isPlausible };
}

/** An operator says that the clock is right. */
export async function trustClock(store: Store, now = new Date()): Promise<void> {
  const known = { at: now.getTime(), isNoted: false, trustedAt: now.getTime() };
  await write(store, known, { kind: 'clock-trusted', now: now.toISOString() });
}

/** Whether the clock contradicts what was known when a process last looked. */
export async function isClockDoubted(store: Store): Promise<boolean> {
  return (await read(store))?.isNoted ?? false;
}

async function read(store: Store): Promise<Known | null> {
  const bytes = await store.getSecret(SECRET);
  return bytes === null ? null : Known.parse(JSON.parse(Buffer.from(bytes).toString()));
}

const write = (store: Store, known: Known, entry?: AuditEntry): Promise<void> =>
  store.setSecret(SECRET, Buffer.from(JSON.stringify(known)), entry);

const iso = (at: number): string => new Date(at).toISOString();

/** Milliseconds; null for an empty log. */
async function newestEntry(store: Store): Promise<number | null> {
  const { n } = await store.audit.head();
  for await (const line of store.audit.lines(n - 1))
    return Date.parse(AuditRecord.parse(JSON.parse(line)).at);
  return null;
}
