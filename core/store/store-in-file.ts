import type Database from 'better-sqlite3-multiple-ciphers';
import { SqliteEngine, type FileAccess } from './file/sqlite-engine.ts';
import { TableStore } from './table-store.ts';

/** @param database open, of the present schema; belongs to the store from now on */
export const storeInFile = (database: Database.Database, access?: FileAccess): TableStore =>
  TableStore.over(new SqliteEngine(database, access));
