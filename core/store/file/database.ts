import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { LintelError } from '#contract';
import { latestVersion, migrate, schemaVersion } from '../migrations/migrate.ts';
import { PAGE_BYTES, readPages } from './pages.ts';
import { isReadOnlyDisk, withCopy } from '../disk/read-only.ts';

/** How long a call waits for another process, which holds the store for one transaction at a time. */
const BUSY_MILLISECONDS = 3000;

/** Write a new, empty database of the present schema. @param file must not exist, and is of no use after a crash meanwhile */
export function createDatabase(file: string, dataKey: Buffer): void {
  const database = connect(file, {}, dataKey, () => {});
  try {
    // Through a log every page would be encrypted, written and synchronised twice.
    database.pragma('journal_mode = MEMORY');
    migrate(database);
    database.pragma('journal_mode = WAL');
  } finally {
    database.close();
  }
}

/**
 * Open an existing database, encrypted in SQLCipher's format with a raw key, and bring it to the present schema.
 * @param alone keeps everybody else out as long as it is open, which takes no room on the disk
 * @throws LintelError `store-corrupt`, `store-newer`; SqliteError. Nothing was written then.
 */
export function openDatabase(file: string, dataKey: Buffer, alone = false): Database.Database {
  // SQLite takes a file of less than a page for a new database and deletes its log.
  if (sizeOf(file) < PAGE_BYTES) throw new LintelError('store-corrupt', '(store.db)');
  // Closing a connection that may write moves the log into the database. When a crash left a log behind, a look
  // through a connection that may not write comes first, so that a damaged database stays as it is.
  if (sizeOf(`${file}-wal`) > 0 && !alone) connect(file, { readonly: true }, dataKey, inspect).close();
  return connect(file, {}, dataKey, (database) => {
    // Else processes share an index of the log, in a file.
    if (alone) database.pragma('locking_mode = EXCLUSIVE');
    inspect(database);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    database.pragma('secure_delete = ON');
    migrate(database);
  });
}

/**
 * Open a copy of an existing database, for reading alone; see {@link withCopy}.
 * @throws LintelError `store-corrupt`, `store-newer`
 */
export function openCopy(file: string, dataKey: Buffer) {
  return withCopy(file, (copy) => {
    const database = openDatabase(copy, dataKey);
    try {
      database.pragma('query_only = ON');
      // From now on all its files are open.
      database.prepare('SELECT count(*) FROM sqlite_schema').get();
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** A connection to look at a database with, also where the disk takes nothing: not even what SQLite puts beside it. */
export function connectToLook(file: string, dataKey: Buffer): Database.Database {
  if (!isReadOnlyDisk(dirname(file))) return connect(file, {}, dataKey, schemaVersion);
  return withCopy(file, (copy) => connect(copy, {}, dataKey, schemaVersion)).opened;
}

/**
 * Whether any of some byte strings stands in the decrypted pages of a database, the log not included. Others go on using
 * it meanwhile.
 * @throws LintelError `store-corrupt` for a page that does not match its checksum
 */
export async function pagesContain(
  file: string,
  dataKey: Buffer,
  traces: readonly Buffer[],
): Promise<boolean> {
  // While a reader looks at the file as it is, nothing is moved into it from the log.
  const guard = isReadOnlyDisk(dirname(file)) ? null : connect(file, { readonly: true }, dataKey, () => {});
  try {
    guard?.exec('BEGIN');
    guard?.pragma('user_version');
    for await (const page of readPages(file, dataKey)) {
      if (traces.some((trace) => page.includes(trace))) return true;
    }
    return false;
  } finally {
    guard?.close();
  }
}

/** A connection that `prepare` was applied to, closed again if that fails. */
export function connect(
  file: string,
  options: Database.Options,
  dataKey: Buffer,
  prepare: (database: Database.Database) => void,
): Database.Database {
  const database = new Database(file, { ...options, timeout: BUSY_MILLISECONDS });
  try {
    database.pragma("cipher = 'sqlcipher'");
    database.pragma('legacy = 4');
    database.pragma(`legacy_page_size = ${PAGE_BYTES}`);
    const key = rawKey(dataKey);
    (database as Ciphers).key(key);
    key.fill(0);
    // What SQLite sorts or rewrites never reaches the disk by another way than the encrypted file.
    database.pragma('temp_store = MEMORY');
    prepare(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A data key as SQLCipher takes it, unstretched. Made of bytes only: a string could not be wiped. */
export function rawKey(dataKey: Buffer): Buffer {
  const key = Buffer.alloc(2 * dataKey.length + 3, "'");
  key.write('x', 0);
  for (const [i, byte] of dataKey.entries()) {
    key[2 + 2 * i] = HEX.charCodeAt(byte >> 4);
    key[3 + 2 * i] = HEX.charCodeAt(byte & 15);
  }
  return key;
}

/** What the package adds to better-sqlite3; its declarations do not say so. */
export type Ciphers = Database.Database & {
  readonly key: (key: Buffer) => number;
  readonly rekey: (key: Buffer) => number;
};

const HEX = '0123456789abcdef';

/**
 * Refuse what is cut short or of another version. Every page carries a keyed checksum that is verified whenever it is
 * read, so the whole file is read here only when its length alone cannot tell: pages may still be in the log.
 */
function inspect(database: Database.Database): void {
  if (schemaVersion(database) > latestVersion()) throw new LintelError('store-newer');
  const pages = Number(database.pragma('page_count', { simple: true }));
  const isShort = sizeOf(database.name) < pages * PAGE_BYTES;
  const isWhole =
    !isShort ||
    (sizeOf(`${database.name}-wal`) > 0 && database.pragma('quick_check(1)', { simple: true }) === 'ok');
  if (!isWhole) throw new LintelError('store-corrupt', '(store.db)');
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
