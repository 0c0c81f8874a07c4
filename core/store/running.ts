import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { LintelError } from '#contract';
import { errorCode } from './files.ts';
import { makeDataFolder, unwritable } from './unwritable.ts';

/** Two that start at the same moment may each be in the other's way, so they try again for as long. */
const PATIENCE_MILLISECONDS = 100;

/**
 * Keep every other appliance and server off a data folder, whose caches would not hear of each other; commands may go on
 * using its store. The lock is one of SQLite's, on an empty file: the system gives it back however the process ends, and
 * the file stays.
 * @returns gives the folder back
 * @throws LintelError `already-running`; `file-exists`, `usage` for a folder that is of no use
 */
export async function claimDataFolder(dir: string): Promise<() => void> {
  await makeDataFolder(dir);
  const path = join(dir, 'running.lock');
  let lock: Database.Database | undefined;
  try {
    lock = new Database(path, { timeout: PATIENCE_MILLISECONDS });
    lock.exec('BEGIN EXCLUSIVE');
    chmodSync(path, 0o600);
  } catch (error) {
    lock?.close();
    throw errorCode(error)?.startsWith('SQLITE_BUSY')
      ? new LintelError('already-running', `(${dir})`, { cause: error })
      : unwritable(path, error);
  }
  const held = lock;
  return () => void held.close();
}
