import type { DeviceStatus } from '#contract';
import type { SqlStore } from '#core/store';
import { requirePlausibleClock, startPeriodic } from '#core/upkeep';
import { Hub } from '#core/sync';
import type { FastifyBaseLogger } from 'fastify';

const DAY_MS = 86_400_000;

/** Deletions stay among the changes so long at least, */
const LEAST_DAYS = 30;
/** and so long at most; who was away longer than that compares everything. */
const MOST_DAYS = 90;

/**
 * Number of the last change that all appliances have confirmed, but for those that are revoked, were not in touch for
 * so long that they will compare everything, or have yet to be in touch.
 */
export function confirmedCursor(devices: readonly DeviceStatus[], now: Date): number {
  const since = daysBefore(now, MOST_DAYS).toISOString();
  const cursors = devices.flatMap(({ revokedAt, lastContact, report }) =>
    revokedAt === null && lastContact !== null && lastContact >= since && report !== null
      ? [report.cursor]
      : [],
  );
  return Math.min(Number.MAX_SAFE_INTEGER, ...cursors);
}

/**
 * Drop deletions from the feeds of some accounts: those that every appliance has confirmed, and those that are too old.
 * @returns how many
 */
export async function trimFeeds(
  store: SqlStore,
  accounts: readonly string[],
  now = new Date(),
): Promise<number> {
  const hub = new Hub(store);
  let count = 0;
  for (const account of accounts) {
    const confirmed = confirmedCursor(await store.devices.list(account), now);
    count += await hub.trim(account, daysBefore(now, MOST_DAYS));
    count += await hub.trim(account, daysBefore(now, LEAST_DAYS), confirmed);
  }
  return count;
}

/** Trims now and every day; of several servers on a database one does. @returns ends it, after the run at hand */
export function startTrimming(
  store: SqlStore,
  accounts: () => Promise<readonly string[]>,
  log: FastifyBaseLogger,
): () => Promise<void> {
  return startPeriodic(
    {
      firstMs: 0,
      everyMs: DAY_MS,
      when: () => store.servers.isLeader,
      work: async () => {
        await requirePlausibleClock(store, new Date());
        return { deletions: await trimFeeds(store, await accounts()) };
      },
      done: 'changes trimmed',
      failed: 'changes could not be trimmed',
    },
    log,
  );
}

const daysBefore = (now: Date, days: number): Date => new Date(now.getTime() - days * DAY_MS);
