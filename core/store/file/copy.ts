import { open, writeFile } from 'node:fs/promises';
import type Database from 'better-sqlite3-multiple-ciphers';
import { LintelError } from '#contract';
import { connect, rawKey, type Ciphers } from './database.ts';

/**
 * Write a database as it is at one moment to a new file under another key, without its free space. Others may go on
 * writing to the original; the copy is durable once this resolves.
 * @param target must not exist; readable by its owner only
 */
export async function copyDatabase(
  source: Database.Database,
  sourceKey: Buffer,
  target: string,
  targetKey: Buffer,
): Promise<void> {
  await writeFile(target, '', { mode: 0o600, flag: 'wx' });
  source.prepare('VACUUM INTO ?').run(target);
  rekey(target, sourceKey, targetKey);
  await using file = await open(target, 'r+');
  await file.sync();
}

/** Encrypt a closed database under another key, in place: not safe against a crash, so only for a copy. */
export function rekey(path: string, from: Buffer, to: Buffer): void {
  const database = connect(path, {}, from, () => {}) as Ciphers;
  try {
    database.pragma('journal_mode = DELETE');
    const key = rawKey(to);
    database.rekey(key);
    key.fill(0);
  } finally {
    database.close();
  }
}

/** Keep every other process out of a database until it is closed. @throws LintelError `store-busy` when one is in */
export function lockExclusively(database: Database.Database): void {
  // The write-ahead log can only be left while no other process has the database open.
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('journal_mode = DELETE');
  database.exec('BEGIN EXCLUSIVE; COMMIT');
  if (database.pragma('journal_mode', { simple: true }) !== 'delete') {
    throw new LintelError(
      'store-busy',
      '(This needs the store to itself: stop the appliance or server first.)',
    );
  }
}
