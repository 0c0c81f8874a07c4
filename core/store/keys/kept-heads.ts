import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError, StoreHead } from '#contract';
import { errorCode, makeFolder, replaceDurably } from '../disk/files.ts';

/** Keeps the last head of each store's audit log where its key is, apart from the store. */
export interface KeptHeads {
  /** Null where none was kept. @throws the system's errors, `store-corrupt` for a file that is no head */
  read(storeId: string): Promise<StoreHead | null>;
  write(storeId: string, head: StoreHead): Promise<void>;
}

/** In files of a folder of their owner, one for each store. */
export function headsIn(folder: string): KeptHeads {
  const fileOf = (storeId: string): string => join(folder, `${storeId}.json`);
  return {
    async read(storeId) {
      const path = fileOf(storeId);
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') return null;
        throw error;
      });
      if (text === null) return null;
      try {
        return StoreHead.parse(JSON.parse(text));
      } catch (error) {
        throw new LintelError('store-corrupt', `(${path})`, { cause: error });
      }
    },
    async write(storeId, head) {
      await makeFolder(folder);
      await replaceDurably(fileOf(storeId), `${JSON.stringify(head)}\n`);
    },
  };
}
