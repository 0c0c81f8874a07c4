import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileKekProvider, openStore, type SqlStore } from '../index.ts';

export interface TemporaryStore {
  readonly store: SqlStore;
  /** Has the store in `data` and its key in `key`. */
  readonly dir: string;
  /** Opens another handle on the store. */
  open(): Promise<SqlStore>;
  /** Closes every handle and removes the folder. A hook that opens the store returns this, to be called after the tests. */
  readonly remove: () => Promise<void>;
}

/** A store on disk, in a folder of its own. */
export async function temporaryStore(): Promise<TemporaryStore> {
  const dir = await mkdtemp(join(tmpdir(), 'lintel-store-'));
  const kekProvider = fileKekProvider(join(dir, 'key'));
  const handles: SqlStore[] = [];
  const open = async (): Promise<SqlStore> => {
    const store = await openStore({ dir: join(dir, 'data'), kekProvider });
    handles.push(store);
    return store;
  };
  const remove = async (): Promise<void> => {
    for (const store of handles) await store.close();
    await rm(dir, { recursive: true });
  };
  return { store: await open(), dir, open, remove };
}
