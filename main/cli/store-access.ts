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

/** Opens the store without networks, as the user of the command line. */
export async function withStore<T>(options: InStore, work: (store: SqlStore) => Promise<T>): Promise<T> {
  const store = await openStore(placeOf(options));
  try {
    return await work(store.as('command-line'));
  } finally {
    await store.close();
  }
}
