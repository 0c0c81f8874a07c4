import { LintelError, type Settings } from '#contract';
import { LOCAL_ACCOUNT, type SqlStore, type Store } from '#core/store';
import { EARLIEST, requirePlausibleClock, sinceBootMs } from './clock.ts';
import { keepEpochs } from './epochs.ts';
import type { Log } from './log.ts';
import { startPeriodic } from './periodic.ts';

const DAY_MS = 86_400_000;
const FIRST_MS = 60_000;
const EVERY_MS = 3_600_000;

type Policy = Pick<Settings, 'keepImages' | 'keepAuditDays' | 'keepEventDays'> &
  Partial<Pick<Settings, 'keepVisitorDays'>> & {
    /** Of a server: how long an epoch of its database lasts. */
    readonly epochDays?: number;
  };

/**
 * Removes images, events, visitors and audit entries that the policy does not let stay, answers and events for webhooks that are kept no
 * longer, and cleans the file of what was deleted, or lets the database forget it. By a clock that contradicts what is known, nothing is removed for being old.
 * @returns how many @throws LintelError `clock-implausible`
 */
export async function applyRetention(
  store: SqlStore,
  { keepImages, keepAuditDays, keepEventDays, keepVisitorDays, epochDays }: Policy,
  now = new Date(),
  monotonicMs = sinceBootMs(),
): Promise<Record<'images' | 'auditEntries' | 'events' | 'replies' | 'deliveries' | 'visitors', number>> {
  const daysAgo = (days: number): Date => new Date(now.getTime() - days * DAY_MS);
  await requirePlausibleClock(store, now, monotonicMs);
  const before = keepImages === 'never' ? now : typeof keepImages === 'number' ? daysAgo(keepImages) : null;
  const images =
    before === null ? 0 : await store.dropImages(LOCAL_ACCOUNT, { before, earliest: EARLIEST, now });
  const replies = await store.replies.prune();
  const deliveries = await store.webhooks.prune(now);
  const than = (days: number) => ({ before: daysAgo(days), earliest: EARLIEST, now });
  const told = await store.deviceEvents.prune({ earliest: EARLIEST, now });
  const events = told + (await store.events.prune(than(keepEventDays)));
  const visitors = keepVisitorDays === undefined ? 0 : await store.visitors.prune(daysAgo(keepVisitorDays));
  const auditEntries = await store.audit.prune(than(keepAuditDays));
  if (images + events + auditEntries > 0)
    await store.audit.append({ kind: 'retention-applied', images, auditEntries, events });
  if (epochDays !== undefined) await keepEpochs(store, now, epochDays * DAY_MS);
  await store.audit.checkpoint();
  await store.scrub();
  return { images, auditEntries, events, replies, deliveries, visitors };
}

/** Looks at every page of the store in the background, and says in the log when one is damaged. */
export async function watchForDamage(store: Store, log: Log): Promise<void> {
  try {
    await store.inspectPages();
  } catch (error) {
    const isDamaged = error instanceof LintelError && error.code === 'store-corrupt';
    if (isDamaged) log.fatal({ err: error }, 'the store is damaged: run lintel doctor');
    else log.error({ err: error }, 'the store could not be looked at');
  }
}

/**
 * Applies the policy every hour; of several servers on a database one does.
 * @param eraseUnseen erases who was not here for too long @returns ends it, after the run at hand
 */
export function startRetention(
  store: SqlStore,
  policy: () => Policy,
  log: Log,
  eraseUnseen: () => Promise<number> = async () => 0,
): () => Promise<void> {
  return startPeriodic(
    {
      firstMs: FIRST_MS,
      everyMs: EVERY_MS,
      when: () => store.servers.isLeader,
      work: async () => ({ ...(await applyRetention(store, policy())), people: await eraseUnseen() }),
      done: 'retention applied',
      failed: 'retention failed',
    },
    log,
  );
}
