import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { LintelError, type Actor, type AuditEntry } from '#contract';
import { copyDatabase, lockExclusively } from './file/copy.ts';
import { openDatabase } from './file/database.ts';
import { syncDirectory } from './disk/files.ts';
import type { KekProvider } from './keys/kek-provider.ts';
import { filesOf, nextOf, withDataKey } from './file/place.ts';
import { openStore, type StoreOptions } from './open-store.ts';
import { DATA_KEY_BYTES, readSealedKey, wipe, writeSealedKey } from './keys/sealed-key.ts';
import { asLintelError } from './disk/sqlite-errors.ts';

/**
 * Seal the data key of a store with another key-encryption key: one small file is replaced, also while the store is in
 * use. The former key-encryption key opens the store no longer, but backups that it sealed.
 * @throws LintelError what {@link openStore} and either provider throw; then nothing changed
 */
export async function rotateKeyEncryptionKey(
  options: StoreOptions,
  to: KekProvider,
  actor: Actor,
): Promise<void> {
  const { key } = filesOf(options.dir);
  await recorded(options, actor, 'key-encryption-key', async () => {
    const keys = await readSealedKey(key, options.kekProvider);
    try {
      const again = await to.unwrap(await to.wrap(keys.dataKey));
      if (!again.equals(keys.dataKey)) throw new LintelError('store-key-wrong');
      again.fill(0);
      await writeSealedKey(key, keys, to);
    } finally {
      wipe(keys);
    }
    return { ...options, kekProvider: to };
  });
}

/**
 * Re-encrypt the store under a new data key. Needs as much free room as the store has bytes; a crash at any
 * moment leaves a store that opens, under one key or the other.
 * @throws LintelError `store-busy` while another process has the store open, `store-full`, and as {@link openStore}
 */
export async function rotateDataKey(options: StoreOptions, actor: Actor): Promise<void> {
  const { place, database: path, key } = filesOf(options.dir);
  const draft = nextOf(path);
  await recorded(options, actor, 'data-key', () =>
    withDataKey(options.dir, options.kekProvider, async (_path, dataKey) => {
      const next = randomBytes(DATA_KEY_BYTES);
      const database = openDatabase(path, dataKey);
      try {
        lockExclusively(database);
        await rm(draft, { force: true });
        await copyDatabase(database, dataKey, draft, next);
        await writeSealedKey(key, { dataKey, next }, options.kekProvider);
        await rename(draft, path);
        await syncDirectory(place);
        await writeSealedKey(key, { dataKey: next, next: null }, options.kekProvider);
      } finally {
        database.close();
        next.fill(0);
        await rm(draft, { force: true });
      }
      return options;
    }),
  );
}

/** The change is not one transaction with the audit log: an entry before it and one after tell what happened. */
async function recorded(
  options: StoreOptions,
  actor: Actor,
  what: Extract<AuditEntry, { kind: 'key-changed' }>['what'],
  change: () => Promise<StoreOptions>,
): Promise<void> {
  await append(options, actor, { kind: 'key-changed', what, stage: 'begun' });
  const changed = await change().catch((error: unknown) => {
    throw asLintelError(error);
  });
  await append(changed, actor, { kind: 'key-changed', what, stage: 'done' });
}

async function append(options: StoreOptions, actor: Actor, entry: AuditEntry): Promise<void> {
  const store = await openStore(options);
  try {
    await store.as(actor).audit.append(entry);
  } finally {
    await store.close();
  }
}
