import { randomBytes } from 'node:crypto';
import { chmod, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type Database from 'better-sqlite3-multiple-ciphers';
import { makeDataFolder } from './disk/data-folder.ts';
import { LintelError } from '#contract';
import { createDatabase, openCopy, openDatabase, pagesContain } from './file/database.ts';
import { errorCode, makeFolder, syncDirectory } from './disk/files.ts';
import { createLogSync } from './disk/log-sync.ts';
import type { KekProvider } from './keys/kek-provider.ts';
import { filesOf, nextOf, REPLACED, withDataKey } from './file/place.ts';
import { DATA_KEY_BYTES, writeSealedKey } from './keys/sealed-key.ts';
import { isReadOnlyDisk, type RequireSame } from './disk/read-only.ts';
import { recordRunner } from './disk/runner.ts';
import type { Claim } from './disk/running.ts';
import { requireWhole } from './move.ts';
import { storeInFile } from './store-in-file.ts';
import { asLintelError, isUnwritable } from './disk/sqlite-errors.ts';
import { rewriteOnThread } from './erasing/rewrite-thread.ts';
import type { SqlStore } from './sql-store.ts';
import { asErrorIn, unwritable } from './disk/unwritable.ts';

export interface StoreOptions {
  /** The data folder; the store takes the folder `store` in it. */
  readonly dir: string;
  readonly kekProvider: KekProvider;
  /** Rewrite the file on another thread when it has to be: writes wait meanwhile, nothing else does. */
  readonly rewriteAside?: boolean;
  /** Of an appliance or a server, which wants to be the only one. */
  readonly claim?: Claim;
  /** Also one that a move has not completed. */
  readonly isMoving?: boolean;
}

/**
 * Open the encrypted store of a data folder, or create either where there is none. Several processes may hold it open.
 * A store that cannot be opened is left as it is.
 * @throws LintelError `store-corrupt`, `store-newer`, `store-full`, `store-busy`, `usage`, `file-exists` or
 *   `data-folder-unsafe` for a folder that is of no use, `already-running`, `store-moving`, and what the key provider throws
 */
export async function openStore(options: StoreOptions): Promise<SqlStore> {
  const { dir, kekProvider, rewriteAside = false, claim, isMoving = false } = options;
  const { place, database } = filesOf(dir);
  await makeDataFolder(dir);
  try {
    await settleReplacement(dir);
    if (await isEmpty(place)) await create(place, kekProvider);
    const { connection, requireSame } = await withDataKey(dir, kekProvider, openAnyhow);
    connection.pragma('synchronous = NORMAL');
    const store = storeInFile(connection, {
      contains: (traces) =>
        withDataKey(dir, kekProvider, (_path, dataKey) => pagesContain(database, dataKey, traces)),
      ...(rewriteAside && { rewrite: () => withDataKey(dir, kekProvider, rewriteOnThread) }),
      sync: createLogSync(database),
      requireSame,
      heads: kekProvider.heads,
    });
    try {
      if (!isMoving) await requireWhole(store.parts.sql);
      await store.lineage.checkKept().catch(unlessUnwritable);
      await store.lineage.keep().catch(() => undefined);
      if (claim?.runner) recordRunner(connection, claim.runner);
      // A copy that a crash left in the middle of an exchange of the data key; none goes on while the store is open.
      await rm(nextOf(database), { force: true })
        .then(() => store.emptyTrash())
        .catch(unlessUnwritable);
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  } catch (error) {
    const known = asLintelError(error);
    throw known instanceof LintelError ? known : asErrorIn(place, error);
  }
}

/** What is only tidied up can wait for a disk that takes it. */
function unlessUnwritable(error: unknown): void {
  const known = asLintelError(error);
  if (!isUnwritable(known)) throw known;
}

/** Also on a disk that is full, or can only be read: people are recognised all the same. */
async function openAnyhow(
  path: string,
  dataKey: Buffer,
): Promise<{ connection: Database.Database; requireSame: RequireSame | null }> {
  try {
    return { connection: await openUnmoved(path, dataKey), requireSame: null };
  } catch (error) {
    const known = asLintelError(error);
    if (known instanceof LintelError && known.code === 'store-full') {
      return { connection: openDatabase(path, dataKey, true), requireSame: null };
    }
    const isDenied = isUnwritable(known) || errorCode(error) === 'SQLITE_CANTOPEN';
    if (!isDenied || !isReadOnlyDisk(dirname(path))) throw error;
    const { opened, requireSame } = openCopy(path, dataKey);
    return { connection: opened, requireSame };
  }
}

/** Opened again when another process put another file in its place just then (an exchange of the data key). */
async function openUnmoved(path: string, dataKey: Buffer): Promise<Database.Database> {
  for (;;) {
    const { ino } = await stat(path, { bigint: true }).catch(() => ({ ino: null }));
    const database = openDatabase(path, dataKey);
    if ((await stat(path, { bigint: true })).ino === ino) return database;
    database.close();
  }
}

/** After a crash while one store took the place of another: the former one comes back, unless the new one is there. */
async function settleReplacement(dir: string): Promise<void> {
  const { place } = filesOf(dir);
  const replaced = join(dir, REPLACED);
  if (await isEmpty(replaced)) return;
  if (await isEmpty(place)) await rename(replaced, place);
  else await rm(replaced, { recursive: true, force: true });
  await syncDirectory(dir);
}

/** Whether a data folder holds a store. One that cannot be looked into may: to open it says why it does not. */
export async function hasStore(dir: string): Promise<boolean> {
  const folders = [filesOf(dir).place, join(dir, REPLACED)];
  const empty = await Promise.all(folders.map((folder) => isEmpty(folder).catch(() => false)));
  return empty.includes(false);
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
async function create(place: string, kekProvider: KekProvider): Promise<void> {
  const draft = `${place}.${randomBytes(8).toString('hex')}`;
  await makeFolder(draft).catch((error: unknown) => {
    throw unwritable(place, error);
  });
  try {
    const dataKey = randomBytes(DATA_KEY_BYTES);
    await writeSealedKey(join(draft, 'store.key'), { dataKey, next: null }, kekProvider);
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
