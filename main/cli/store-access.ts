import { LintelError } from '#contract';
import {
  hasStore,
  openStore,
  requirePlainFiles,
  type SqlStore,
  type StoreOptions as Place,
} from '#core/store';
import { kekProviderFrom, type KeyChoice } from '../secrets/index.ts';

/** Options of every command that opens the store. */
export interface InStore extends KeyChoice {
  readonly data: string;
  /** Whether the command begins a store where there is none. Any other says that there is none, and makes nothing. */
  readonly makesStore?: boolean;
}

/** @throws LintelError `store-missing`, `data-folder-unsafe` */
export async function requireStore({ data, makesStore = false }: InStore): Promise<void> {
  if (makesStore || (await hasStore(data))) return;
  // A link that leads nowhere looks like nothing.
  await requirePlainFiles(data);
  throw new LintelError('store-missing', `(${data})`);
}

export const placeOf = (options: InStore): Place => ({
  dir: options.data,
  kekProvider: kekProviderFrom(options),
});

/** @throws LintelError `store-missing` */
export async function placeOfStore(options: InStore): Promise<Place> {
  await requireStore(options);
  return placeOf(options);
}

/** Opens the store, which for a server may be in the database that LINTEL_DATABASE names. */
async function open(options: InStore): Promise<SqlStore> {
  const url = process.env['LINTEL_DATABASE'];
  if (!url) return await openStore(await placeOfStore(options));
  const { openPostgresStore } = await import('#core/store/postgres');
  return await openPostgresStore({ url, kekProvider: kekProviderFrom(options) });
}

/** Opens the store without networks, as the user of the command line. @throws LintelError `store-missing`, as `openStore` */
export async function withStore<T>(options: InStore, work: (store: SqlStore) => Promise<T>): Promise<T> {
  const store = await open(options);
  try {
    return await work(store.as('command-line'));
  } finally {
    await store.close();
  }
}
