import { openStore, type SqlStore, type StoreOptions as Place } from '#core/store';
import { openPostgresStore } from '#core/store/postgres';
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
function open(options: InStore): Promise<SqlStore> {
  const url = process.env['LINTEL_DATABASE'];
  const place = placeOf(options);
  return url ? openPostgresStore({ url, kekProvider: place.kekProvider }) : openStore(place);
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
