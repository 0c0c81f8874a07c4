import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { LintelError } from '#contract';
import { errorCode } from './files.ts';

/** Whether no user can write to the disk of a folder. It is tried, since a disk that failed does not always report it. */
export function isReadOnlyDisk(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    rmdirSync(mkdtempSync(join(folder, 'running.probe-')));
    return false;
  } catch (error) {
    return ['EROFS', 'EIO'].includes(errorCode(error) ?? '');
  }
}

/** Fails once a database is not what it was when it was copied. */
export type RequireSame = () => void;

/**
 * Open a copy of a database whose disk can only be read: SQLite needs files of its own beside a database. The copy lies in
 * memory where the system has such a folder, as encrypted as the original, and has no name any more once it is open.
 * @throws (the second function) LintelError `store-read-only` when the disk took changes again
 */
export function withCopy<T>(
  database: string,
  open: (copy: string) => T,
): { opened: T; requireSame: RequireSame } {
  const before = stateOf(database);
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'lintel-'));
  try {
    const copy = join(folder, basename(database));
    for (const suffix of ['', '-wal']) {
      if (existsSync(database + suffix)) copyFileSync(database + suffix, copy + suffix);
    }
    const requireSame = (): void => {
      if (stateOf(database) === before) return;
      throw new LintelError('store-read-only', '(It takes changes again: restart Lintel.)');
    };
    return { opened: open(copy), requireSame };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function stateOf(database: string): string {
  return ['', '-wal']
    .map((suffix) => {
      const found = statSync(database + suffix, { bigint: true, throwIfNoEntry: false });
      return found === undefined || (suffix !== '' && found.size === 0n)
        ? '-'
        : `${found.ino} ${found.size} ${found.mtimeNs}`;
    })
    .join(' ');
}
