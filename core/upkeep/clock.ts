import { z } from 'zod';
import { AuditRecord, LintelError } from '#contract';
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
});

/** By {@link performance.now}, when this process last looked at the clock of a store. */
const looked = new WeakMap<Store['audit'], number>();

/**
 * Nothing is deleted because it is old by a clock that contradicts what is known: the newest entry of the audit log, the time
 * it was when a process last looked, and how much has passed since by a clock that cannot be set. A clock without a battery
 * begins in 1970, and a bad one jumps; one deletion by it is one too many.
 * @throws LintelError `clock-implausible`
 */
export async function requirePlausibleClock(store: Store, now: Date, monotonicMs: number): Promise<void> {
  const bytes = await store.getSecret(SECRET);
  const known =
    bytes === null
      ? { at: (await newestEntry(store)) ?? now.getTime(), isNoted: false }
      : Known.parse(JSON.parse(Buffer.from(bytes).toString()));
  const at = known.at + Math.max(0, monotonicMs - (looked.get(store.audit) ?? monotonicMs));
  looked.set(store.audit, monotonicMs);
  const ahead = now.getTime() - at;
  const isPlausible = now >= EARLIEST && ahead <= MOST_AHEAD_MS && ahead >= -MOST_BEHIND_MS;
  await write(store, { at: isPlausible ? now.getTime() : at, isNoted: !isPlausible });
  if (isPlausible) return;
  if (!known.isNoted) await store.audit.append({ kind: 'clock-doubted', known: new Date(at).toISOString() });
  throw new LintelError('clock-implausible', `(It says ${now.toISOString()}, about ${iso(at)} is expected.)`);
}

/** An operator says that the clock is right. */
export async function trustClock(store: Store, now = new Date()): Promise<void> {
  await write(store, { at: now.getTime(), isNoted: false });
  await store.audit.append({ kind: 'clock-trusted', now: now.toISOString() });
}

/** Whether the clock contradicts what was known when a process last looked. */
export async function isClockDoubted(store: Store): Promise<boolean> {
  const bytes = await store.getSecret(SECRET);
  return bytes !== null && Known.parse(JSON.parse(Buffer.from(bytes).toString())).isNoted;
}

const write = (store: Store, known: z.infer<typeof Known>): Promise<void> =>
  store.setSecret(SECRET, Buffer.from(JSON.stringify(known)));

const iso = (at: number): string => new Date(at).toISOString();

/** Milliseconds; null for an empty log. */
async function newestEntry(store: Store): Promise<number | null> {
  const { n } = await store.audit.head();
  for await (const line of store.audit.lines(n - 1))
    return Date.parse(AuditRecord.parse(JSON.parse(line)).at);
  return null;
}
