import { LintelError } from '#contract';
import type { StoreOptions } from '#core/store';
import { connectToLook, readPages, withDataKey } from '#core/store/file';

/**
 * Look at all of a store: the checksum of every page, then the structure of every table and index, and that every
 * reference between rows holds. Others may use the store meanwhile.
 * @throws LintelError `store-corrupt`
 */
export async function inspectStore({
  dir,
  kekProvider,
}: StoreOptions): Promise<{ pages: number; faces: number }> {
  return await withDataKey(dir, kekProvider, async (path, dataKey) => {
    const database = connectToLook(path, dataKey);
    try {
      // While a reader looks at the file as it is, nothing is moved into it from the log.
      database.exec('BEGIN');
      database.pragma('user_version');
      let pages = 0;
      for await (const _ of readPages(path, dataKey)) pages++;
      const isWhole =
        database.pragma('integrity_check(1)', { simple: true }) === 'ok' &&
        (database.pragma('foreign_key_check') as unknown[]).length === 0;
      if (!isWhole) throw new LintelError('store-corrupt', '(its tables)');
      return { pages, faces: Number(database.prepare('SELECT count(*) FROM faces').pluck().get()) };
    } finally {
      database.close();
    }
  });
}
