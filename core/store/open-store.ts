import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createDatabase, openDatabase } from './database.ts';
import { errorCode, syncDirectory } from './files.ts';
import type { KeyProvider } from './key-provider.ts';
import { DATA_KEY_BYTES, readSealedKey, writeSealedKey } from './sealed-key.ts';
import { SqliteStore } from './sqlite-store.ts';
import { asLintelError } from './sqlite-errors.ts';
import type { Store } from './types.ts';

export interface StoreOptions {
  /** The data folder; the store takes the folder `store` in it. */
  readonly dir: string;
  readonly keyProvider: KeyProvider;
}

/**
 * Open the encrypted store of a data folder, or create it where there is none. Several processes may hold it open.
 * A store that cannot be opened is left as it is.
 * @throws LintelError `store-corrupt`, `store-newer`, `store-full`, `store-busy`, and what the key provider throws
 */
export async function openStore({ dir, keyProvider }: StoreOptions): Promise<Store> {
  const place = join(dir, 'store');
  try {
    if (await isEmpty(place)) await create(place, keyProvider);
    const dataKey = await readSealedKey(join(place, 'store.key'), keyProvider);
    const database = openDatabase(join(place, 'store.db'), dataKey);
    dataKey.fill(0);
    const store = new SqliteStore(database);
    try {
      await store.emptyTrash();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  } catch (error) {
    throw asLintelError(error);
  }
}

async function isEmpty(place: string): Promise<boolean> {
  try {
    return (await readdir(place)).length === 0;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
}

/**
 * Built in full beside its place and moved there, so that a crash leaves no half of a store, and of two processes
 * that create one at the same time both go on with the same.
 */
async function create(place: string, keyProvider: KeyProvider): Promise<void> {
  const draft = `${place}.${randomBytes(8).toString('hex')}`;
  await mkdir(draft, { recursive: true, mode: 0o700 });
  try {
    const dataKey = randomBytes(DATA_KEY_BYTES);
    await writeSealedKey(join(draft, 'store.key'), dataKey, keyProvider);
    createDatabase(join(draft, 'store.db'), dataKey);
    await chmod(join(draft, 'store.db'), 0o600);
    dataKey.fill(0);
    await syncDirectory(draft);
    await rename(draft, place);
    await syncDirectory(dirname(place));
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY'].includes(errorCode(error) ?? '')) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
