import { LintelError, type ErasureReceipt, type Settings } from '#contract';
import { LOCAL_ACCOUNT, type SqlStore } from '#core/store';
import { EARLIEST, requirePlausibleClock, sinceBootMs } from './clock.ts';

/**
 * Erases people who were not here for longer than they may stay, each with a receipt. By a clock that contradicts what is
 * known, nobody is erased. Not for an appliance with a server: other places may have seen them.
 * @param keepReceipt takes each receipt
 * @returns how many @throws LintelError `clock-implausible`, and as `Store.erase`
 */
export async function eraseUnseen(
  store: SqlStore,
  { keepPeopleDays }: Pick<Settings, 'keepPeopleDays'>,
  keepReceipt: (receipt: ErasureReceipt) => Promise<unknown>,
  now = new Date(),
  monotonicMs = sinceBootMs(),
): Promise<number> {
  await requirePlausibleClock(store, now, monotonicMs);
  let people = 0;
  for (const faceId of await store.events.unseen(keepPeopleDays, { earliest: EARLIEST, now })) {
    try {
      await keepReceipt(await store.erase(LOCAL_ACCOUNT, { faceId }));
      people += 1;
    } catch (error) {
      // Another process was faster.
      if (!(error instanceof LintelError && error.code === 'face-not-found')) throw error;
    }
  }
  if (people > 0) await store.audit.append({ kind: 'retention-applied', images: 0, auditEntries: 0, people });
  return people;
}
