import { dirname } from 'node:path';
import type Database from 'better-sqlite3-multiple-ciphers';
import { LintelError } from '#contract';
import type { Sync } from '../disk/log-sync.ts';
import { isReadOnlyDisk, type RequireSame } from '../disk/read-only.ts';
import { asLintelError } from '../disk/sqlite-errors.ts';

type Value = string | number | Buffer | null;
type Parameters = readonly Value[] | Readonly<Record<string, Value>>;

/** Known to nobody else, so that nothing but {@link Transactions} makes a transaction. */
declare const within: unique symbol;

/** SQL with positional or named parameters on one unchanging view of the database. */
export interface ReadTx {
  readonly [within]: 'read' | 'write';
  /** The first row, by column name. */
  get(sql: string, parameters: Parameters): unknown;
  /** All rows, by column name. */
  all(sql: string, parameters: Parameters): unknown[];
  /** Row after row, by column name; nothing may be written meanwhile. */
  each(sql: string): IterableIterator<unknown>;
  /** As {@link each}, each row as the list of its values. */
  values(sql: string): IterableIterator<unknown>;
}

/** SQL alone in the database; what it changes counts once the transaction ends, or not at all. */
export interface WriteTx extends ReadTx {
  readonly [within]: 'write';
  /** @returns how many rows changed, and the id of the row inserted last */
  run(sql: string, parameters: Parameters): { changes: number; id: number };
  /** A part of the transaction, undone by itself when it throws. */
  part(work: () => void): void;
}

/**
 * Transactions over one connection. Code that holds a {@link ReadTx} or {@link WriteTx} runs within a transaction,
 * and must not keep the handle once that transaction has ended. SQLite's errors become those of the catalogue.
 */
export class Transactions {
  readonly #database: Database.Database;
  readonly #sync: Sync | null;
  readonly #requireSame: RequireSame | null;
  readonly #transact: Database.Transaction<(work: (tx: WriteTx) => unknown) => unknown>;
  #held: Promise<void> | null = null;

  /**
   * @param sync null: the connection waits for the disk in each commit
   * @param requireSame of a copy, to which nothing is written; null: it is the database itself
   */
  constructor(database: Database.Database, sync: Sync | null, requireSame: RequireSame | null = null) {
    this.#database = database;
    this.#requireSame = requireSame;
    this.#sync = sync;
    const tx = sqlOn(database);
    this.#transact = database.transaction((work) => work(tx));
  }

  /** `work` on one unchanging view of the database. */
  async read<T>(work: (tx: ReadTx) => T): Promise<T> {
    return this.#transaction(work, 'deferred');
  }

  /** `work` alone in the database, on the disk once this resolves, undone when it throws. */
  async write<T>(work: (tx: WriteTx) => T): Promise<T> {
    const result = await this.writeUnsynced(work);
    await this.#sync?.();
    return result;
  }

  /** As {@link write}, but on the disk only with the next of those: for what can be had again. */
  async writeUnsynced<T>(work: (tx: WriteTx) => T): Promise<T> {
    while (this.#held !== null) await this.#held;
    if (this.#requireSame !== null) throw new LintelError('store-read-only');
    return this.#transaction(work, 'immediate');
  }

  /** Holds writes back until a task is done that writes by a connection of its own; reading goes on. */
  async standAside(task: () => Promise<void>): Promise<void> {
    while (this.#held !== null) await this.#held;
    const done = task();
    this.#held = done.catch(() => {});
    await done.finally(() => (this.#held = null));
  }

  #transaction<T>(work: (tx: WriteTx) => T, mode: 'deferred' | 'immediate'): T {
    this.#requireSame?.();
    try {
      return this.#transact[mode](work) as T;
    } catch (error) {
      const known = asLintelError(error);
      // A disk on which the system found errors may turn read-only under way.
      const isFailing = known instanceof LintelError && known.code === 'disk-failing';
      throw isFailing && isReadOnlyDisk(dirname(this.#database.name))
        ? new LintelError('store-read-only', undefined, { cause: error })
        : known;
    }
  }
}

/** Each text is prepared once. */
function sqlOn(database: Database.Database): WriteTx {
  const prepared = new Map<string, Database.Statement>();
  const prepare = (sql: string): Database.Statement => {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement;
  };
  const part = database.transaction((work: () => void) => work());
  const tx: Omit<WriteTx, typeof within> = {
    run: (sql, parameters) => {
      const { changes, lastInsertRowid } = prepare(sql).run(parameters);
      return { changes, id: Number(lastInsertRowid) };
    },
    get: (sql, parameters) => prepare(sql).get(parameters),
    all: (sql, parameters) => prepare(sql).all(parameters),
    each: (sql) => prepare(sql).iterate(),
    values: (sql) => database.prepare(sql).raw().iterate(),
    part: (work) => part(work),
  };
  return tx as WriteTx;
}
