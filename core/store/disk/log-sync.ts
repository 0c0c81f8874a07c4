import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { asLintelError } from './sqlite-errors.ts';

/** Resolves once everything that was committed before is on the disk. @throws as writing does */
export type Sync = () => Promise<void>;

/**
 * Brings a database's write-ahead log onto the disk without holding up this thread: one flush at a time, each for all
 * that was committed before it began. SQLite itself would wait for the disk in every commit (`synchronous = FULL`);
 * with `NORMAL` it leaves the wait to us, and its file is sound at every moment either way
 * (https://www.sqlite.org/pragma.html#pragma_synchronous).
 */
export function createLogSync(database: string): Sync {
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  return () => {
    if (next === null) {
      next = last.then(async () => {
        // What is committed from here on waits for another.
        next = null;
        return await flush(`${database}-wal`);
      });
      last = next.catch(() => {});
    }
    return next;
  };
}

const toDisk = promisify(fdatasync);

async function flush(path: string): Promise<void> {
  try {
    // SQLite holds this file open: to open and close it again waits for no disk, and takes less than to ask a thread to.
    const file = openSync(path, 'r+');
    try {
      await toDisk(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw asLintelError(error);
  }
}
