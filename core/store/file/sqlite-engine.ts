import { uptime } from 'node:os';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3-multiple-ciphers';
import { z } from 'zod';
import type { Sync } from '../disk/log-sync.ts';
import type { RequireSame } from '../disk/read-only.ts';
import { requireRoom } from '../disk/room.ts';
import type { Engine } from '../engine.ts';
import type { KeptHeads } from '../keys/kept-heads.ts';
import { OnlyServer } from '../servers.ts';
import { stateHash } from '../sql/state-hash.ts';
import type { ReadTx } from '../sql/transactions.ts';
import { UnderWayHere } from '../under-way.ts';
import { emptyLog, rewrite } from './rewrite.ts';
import { SqliteTransactions } from './sqlite-transactions.ts';

/** What the store does with its file besides SQLite's own doings. */
export interface FileAccess {
  /** Whether traces are left in it; by default, they are taken for granted. */
  readonly contains?: (traces: readonly Buffer[]) => Promise<boolean>;
  /** By default, this thread is held up. */
  readonly rewrite?: () => Promise<void>;
  /** After each commit; by default, SQLite waits for the disk itself. */
  readonly sync?: Sync;
  /** Of a copy, to which nothing is written. */
  readonly requireSame?: RequireSame | null;
  /** Where the last head of the audit log is kept besides. */
  readonly heads?: KeptHeads | null;
}

const TableRow = z.object({ name: z.string(), columns: z.int() });

/** SQLite in one encrypted file. */
export class SqliteEngine implements Engine {
  readonly #database: Database.Database;
  readonly #access: FileAccess;
  readonly sql: SqliteTransactions;
  readonly heads: KeptHeads | null;
  readonly forgetting = null;
  readonly servers = new OnlyServer();
  readonly underWay = new UnderWayHere();

  /** @param database open, of the present schema; belongs to the engine from now on */
  constructor(database: Database.Database, access: FileAccess = {}) {
    this.#database = database;
    this.#access = access;
    this.heads = access.heads ?? null;
    this.sql = new SqliteTransactions(database, access.sync ?? null, access.requireSame ?? null);
  }

  async now(_tx: ReadTx, here: Date): Promise<Date> {
    return here;
  }

  async uptime(): Promise<number> {
    return uptime();
  }

  requireRoom(): void {
    requireRoom(dirname(this.#database.name));
  }

  emptyLog(): Promise<void> {
    return this.sql.alone(emptyLog);
  }

  async contains(traces: readonly Buffer[]): Promise<boolean> {
    return (await this.#access.contains?.(traces)) ?? true;
  }

  rewrite(): Promise<void> {
    return this.sql.standAside(this.#access.rewrite ?? (async () => rewrite(this.#database)));
  }

  stateHash(): Promise<string> {
    return this.sql.read(async (tx) => {
      const rows = await tx.all(
        `SELECT name, (SELECT count(*) FROM pragma_table_info(tables.name)) AS columns
         FROM sqlite_schema AS tables WHERE type = 'table' ORDER BY name`,
        [],
      );
      const tables = z.array(TableRow).parse(rows);
      return await stateHash(tx, new Map(tables.map(({ name, columns }) => [name, columns])));
    });
  }

  close(): Promise<void> {
    return this.sql.alone((database) => void database.close());
  }
}
