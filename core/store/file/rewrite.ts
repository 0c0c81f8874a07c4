import type Database from 'better-sqlite3-multiple-ciphers';
import { z } from 'zod';
import { LintelError } from '#contract';
import { asLintelError } from '../disk/sqlite-errors.ts';

const CheckpointRow = z.object({ busy: z.int() });

/**
 * Rewrite a database without its free space. Takes seconds per 100 MB and that much memory.
 * @throws LintelError `store-busy`, `store-full`
 */
export function rewrite(database: Database.Database): void {
  emptyLog(database);
  try {
    database.exec('VACUUM');
  } catch (error) {
    throw asLintelError(error);
  }
  emptyLog(database);
}

/** Move the write-ahead log into the database. @throws LintelError `store-busy` */
export function emptyLog(database: Database.Database): void {
  const [row] = z.array(CheckpointRow).parse(database.pragma('wal_checkpoint(TRUNCATE)'));
  if (row?.busy !== 0) throw new LintelError('store-busy');
}
