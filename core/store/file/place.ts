import { join } from 'node:path';
import { errorCode } from '../disk/files.ts';
import type { KekProvider } from '../keys/kek-provider.ts';
import { readSealedKey, wipe, writeSealedKey } from '../keys/sealed-key.ts';

/** Where a store stands aside while another takes its place. */
export const REPLACED = 'store.replaced';

/** The files of the store in a data folder. */
export function filesOf(dir: string): { place: string; database: string; key: string } {
  const place = join(dir, 'store');
  return { place, database: join(place, 'store.db'), key: join(place, 'store.key') };
}

/** Path of the re-encrypted database before it replaces the present one. */
export const nextOf = (database: string): string => `${database}.next`;

/**
 * Use the key that opens the database of a store; wiped afterwards. After a crash in the middle of an exchange of the key
 * it may already be the next one, and the exchange is completed here.
 * @throws LintelError `store-corrupt`, and what the key provider throws
 */
export async function withDataKey<T>(
  dir: string,
  kekProvider: KekProvider,
  use: (database: string, dataKey: Buffer) => Promise<T>,
): Promise<T> {
  const { database, key } = filesOf(dir);
  const keys = await readSealedKey(key, kekProvider);
  try {
    return await use(database, keys.dataKey);
  } catch (error) {
    if (keys.next === null || errorCode(error) !== 'SQLITE_NOTADB') throw error;
    const result = await use(database, keys.next);
    await writeSealedKey(key, { dataKey: keys.next, next: null }, kekProvider);
    return result;
  } finally {
    wipe(keys);
  }
}
