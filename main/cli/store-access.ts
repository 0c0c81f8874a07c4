import { openStore, type SqlStore, type StoreOptions as Place } from '#core/store';
import { kekProviderFrom, type KeyChoice } from '../secrets/index.ts';

/** Options of every command that opens the store. */
export interface InStore extends KeyChoice {
  readonly data: string;
}

export const placeOf = (options: InStore): Place => ({
  dir: options.data,
  kekProvider: kekProviderFrom(options),
});

/** Opens the store, which for a server may be in the database that LINTEL_DATABASE names. */
async function open(options: InStore): Promise<SqlStore> {
  const url = process.env['LINTEL_DATABASE'];
  const place = placeOf(options);
  if (!url) return await openStore(place);
  const { openPostgresStore } = await import('#core/store/postgres');
  return await openPostgresStore({ url, kekProvider: place.kekProvider });
}

/** Opens the store without networks, as the user of the command line. */
export async function withStore<T>(options: InStore, work: (store: SqlStore) => Promise<T>): Promise<T> {
  const store = await open(options);
  try {
    return await work(store.as('command-line'));
  } finally {
    await store.close();
  }
}
