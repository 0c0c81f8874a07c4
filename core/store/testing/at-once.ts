import type { AuditHead } from '#contract';
import type { Store } from '../store.ts';
import { TableStore } from '../table-store.ts';
import { MemoryStore } from './memory-store.ts';

/** Rows up to a limit, in one transaction: as many calls of a store take most of the time of all its tests. */

/** Collections of an account that nothing else tells of. */
export async function putCollections(store: Store, account: string, ids: readonly string[]): Promise<void> {
  const at = new Date().toISOString();
  const rows = ids.map((collectionId) => ({ collectionId, description: null, createdAt: at, updatedAt: at }));
  if (store instanceof TableStore) {
    const { sql, collections } = store.parts;
    await sql.write(async (tx) => {
      for (const row of rows) await collections.create(tx, account, row);
    });
  } else if (store instanceof MemoryStore) {
    const { place } = store;
    await place.write(({ collections }) => {
      for (const row of rows) {
        const id = place.nextId();
        collections.set(id, { id, account, ...row, revision: 0, removals: 0, autoEnrol: false });
      }
    });
  }
}

/** Audit heads that a device told, no more than are kept of all. */
export async function putAnchors(
  store: Store,
  deviceId: string,
  anchors: readonly (AuditHead & { readonly at: string })[],
): Promise<void> {
  if (store instanceof TableStore) {
    await store.parts.sql.write(async (tx) => {
      for (const { n, hash, at } of anchors) {
        const put = 'INSERT INTO anchors (device_id, n, hash, at) VALUES (?, ?, ?, ?)';
        await tx.run(put, [deviceId, n, hash, at]);
      }
    });
  } else if (store instanceof MemoryStore) {
    await store.place.write(({ devices }) => {
      devices.set(deviceId, { ...devices.get(deviceId)!, anchors });
    });
  }
}
