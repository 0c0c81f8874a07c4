import { open } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { LintelError } from '#contract';
import { makeDataFolder } from './data-folder.ts';
import { errorCode } from './files.ts';
import { isReadOnlyDisk } from './read-only.ts';
import { startRunning, stopRunning, type Runner } from './runner.ts';
import { unwritable } from './unwritable.ts';

/** Two that start at the same moment may each be in the other's way, so they try again for as long. */
const PATIENCE_MILLISECONDS = 100;

/** The right of an appliance or server to a data folder. */
export interface Claim {
  /** The process that the store records as its user, see `openStore`; null where the system does not identify it. */
  readonly runner: Runner | null;
  /** Gives the folder back. */
  release(): void;
}

/**
 * Keep every other appliance and server off a data folder, whose caches would not hear of each other; commands may go on
 * using its store. The lock is one of SQLite's, on an empty file: the system gives it back however the process ends, and
 * the file stays.
 * @throws LintelError `already-running`; `file-exists`, `usage`, `data-folder-unsafe` for a folder that is of no use
 */
export async function claimDataFolder(dir: string): Promise<Claim> {
  await makeDataFolder(dir);
  // No process can change anything there, so that several do no harm.
  if (isReadOnlyDisk(dir)) return { runner: null, release: () => undefined };
  const path = join(dir, 'running.lock');
  await createEmpty(path);
  let lock: Database.Database | undefined;
  try {
    lock = new Database(path, { timeout: PATIENCE_MILLISECONDS });
    // Nothing is written, so that a full disk can be locked too.
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    const code = errorCode(error);
    if (code?.startsWith('SQLITE_BUSY'))
      throw new LintelError('already-running', `(${dir})`, { cause: error });
    throw code === 'SQLITE_NOTADB'
      ? new LintelError('data-folder-unsafe', `(${path})`)
      : unwritable(path, error);
  }
  const held = lock;
  const runner = await startRunning(dir);
  return {
    runner,
    release: () => {
      stopRunning(runner);
      held.close();
    },
  };
}

/** Through no link, unlike SQLite. A file that is there is not opened: closing it would give back this process's locks. */
async function createEmpty(path: string): Promise<void> {
  try {
    await using _created = await open(path, 'wx', 0o600);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw unwritable(path, error);
  }
}
