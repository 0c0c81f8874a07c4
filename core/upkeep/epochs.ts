import type { EpochUpkeep, SqlStore } from '#core/store';

/**
 * Let a database forget, which keeps copies of what was deleted: see `Forgetting`. Destroyed keys are recorded.
 * @param everyMs how long an epoch lasts; null: a new one begins now, and all others end
 * @returns null where the store keeps no copies @throws LintelError `store-epoch-missing`
 */
export async function keepEpochs(
  store: SqlStore,
  now: Date,
  everyMs: number | null,
): Promise<EpochUpkeep | null> {
  const { forgetting } = store.parts.engine;
  if (forgetting === null) return null;
  const done = await forgetting.keepUp(now, everyMs);
  for (const epoch of done.destroyed) await store.audit.append({ kind: 'epoch-destroyed', epoch });
  return done;
}
