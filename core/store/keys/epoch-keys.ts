import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError } from '#contract';
import { errorCode, makeFolder, syncDirectory } from '../disk/files.ts';
import type { KekProvider } from './kek-provider.ts';
import { KEY_BYTES, seal, unseal } from './seal.ts';
import { readSealedKey, wipe, writeSealedKey } from './sealed-key.ts';

/**
 * Keys that end. Each seals the key of one epoch of a database, which keeps copies of what was deleted (dead rows, its log,
 * backups); once the key is destroyed, nothing of that epoch can be opened. They lie outside of the database and of its
 * backups. Shaped as the services that manage keys are: an implementation may be a client of one.
 */
export interface EpochKeys {
  /** Make a key. @returns its id, 32 hexadecimal digits @throws LintelError `store-epoch-missing` where none can be kept */
  generate(): Promise<string>;
  /** Seal 32 bytes. @throws as {@link unwrap} */
  wrap(id: string, plain: Buffer): Promise<Buffer>;
  /** Open what {@link wrap} sealed. @throws LintelError `store-epoch-missing`, `store-key-wrong` */
  unwrap(id: string, wrapped: Buffer): Promise<Buffer>;
  /** Destroy a key for good, before this resolves; one that is gone already is no error. */
  destroy(id: string): Promise<void>;
}

/** A database names the ids: none may lead out of the folder. */
const ID = /^[0-9a-f]{32}$/;

/**
 * Keys in files of a folder of their owner, each sealed by the key provider as a store's data key is. A file is overwritten
 * before it is removed; blocks that a solid-state disk or a file system keeps by itself hold a sealed key.
 */
export function epochKeysIn(folder: string, provider: KekProvider): EpochKeys {
  const fileOf = (id: string): string => {
    if (!ID.test(id)) throw new LintelError('store-corrupt', '(the id of an epoch)');
    return join(folder, id);
  };
  const withKey = async <T>(id: string, use: (key: Buffer) => T): Promise<T> => {
    const path = fileOf(id);
    // A file that is missing and one that is damaged are told apart.
    await using _file = await open(path).catch((error: unknown) => {
      throw new LintelError('store-epoch-missing', `(${path})`, { cause: error });
    });
    const keys = await readSealedKey(path, provider);
    try {
      return use(keys.dataKey);
    } finally {
      wipe(keys);
    }
  };
  return {
    async generate() {
      const id = randomBytes(16).toString('hex');
      const keys = { dataKey: randomBytes(KEY_BYTES), next: null };
      try {
        await makeFolder(folder);
        await writeSealedKey(fileOf(id), keys, provider);
      } catch (error) {
        if (error instanceof LintelError || errorCode(error) === 'ENOSPC') throw error;
        throw new LintelError('store-epoch-missing', `(${folder} takes no file)`, { cause: error });
      } finally {
        wipe(keys);
      }
      return id;
    },
    wrap: (id, plain) => withKey(id, (key) => seal(key, plain, id)),
    async unwrap(id, wrapped) {
      const plain = await withKey(id, (key) => unseal(key, wrapped, id));
      if (plain === null) throw new LintelError('store-key-wrong', '(of an epoch)');
      return plain;
    },
    async destroy(id) {
      const path = fileOf(id);
      try {
        await using file = await open(path, 'r+');
        await file.write(randomBytes((await file.stat()).size), 0, null, 0);
        await file.sync();
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return;
        throw error;
      }
      // Another server may have done the same meanwhile.
      await rm(path, { force: true });
      await syncDirectory(folder);
    },
  };
}
