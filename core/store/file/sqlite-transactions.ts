import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type Database from 'better-sqlite3-multiple-ciphers';
import { LintelError } from '#contract';
import type { Sync } from '../disk/log-sync.ts';
import { isReadOnlyDisk, type RequireSame } from '../disk/read-only.ts';
import { asLintelError, UnsyncedError } from '../disk/sqlite-errors.ts';
import { asInside, requireOutside } from '../sql/nesting.ts';
import type { ReadTx, Transactions, within, WriteTx } from '../sql/transactions.ts';
import { Turns } from '../sql/turns.ts';

/** How long until a write that another process holds back is tried again. */
const TRY_AGAIN_MS = 20;

/**
 * Turns to write, by file: SQLite has all of this process wait for another connection's transaction, for which that could
 * not go on.
 */
const writers = new Map<string, Turns>();

/**
 * Transactions over one connection, one at a time, in the order of their calls. SQLite answers at once, so a transaction
 * takes no turn of the event loop: what it awaits is settled already.
 */
export class SqliteTransactions implements Transactions {
  readonly #database: Database.Database;
  readonly #sync: Sync | null;
  readonly #requireSame: RequireSame | null;
  readonly #tx: WriteTx;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #turns = new Turns();
  readonly #writers: Turns;
  /** How long a write waits for another process, in milliseconds. */
  readonly #patience: number;

  /**
   * @param sync null: the connection waits for the disk in each commit
   * @param requireSame of a copy, to which nothing is written; null: it is the database itself
   */
  constructor(database: Database.Database, sync: Sync | null, requireSame: RequireSame | null = null) {
    this.#database = database;
    this.#requireSame = requireSame;
    this.#sync = sync;
    this.#tx = sqlOn(database);
    this.#begin = database.prepare('BEGIN DEFERRED');
    this.#commit = database.prepare('COMMIT');
    this.#writers = database.memory ? new Turns() : writersOf(database.name);
    this.#patience = database.pragma('busy_timeout', { simple: true }) as number;
  }

  async read<T>(work: (tx: ReadTx) => Promise<T>): Promise<T> {
    return await this.#alone(() => this.#transaction(work, 'DEFERRED'));
  }

  async write<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
    const result = await this.writeUnsynced(work);
    try {
      await this.#sync?.();
    } catch (error) {
      throw error instanceof LintelError ? new UnsyncedError(error, result) : error;
    }
    return result;
  }

  /** While another process writes it waits, and meanwhile the event loop turns and reading goes on. */
  async writeUnsynced<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
    requireOutside();
    return await this.#writers.run(async () => {
      const start = performance.now();
      let hasBegun = false;
      const begun = (tx: WriteTx): Promise<T> => {
        hasBegun = true;
        return work(tx);
      };
      for (;;) {
        try {
          return await this.#alone(() => this.#transaction(begun, 'IMMEDIATE'));
        } catch (error) {
          const isBusy = error instanceof LintelError && error.code === 'store-busy';
          if (hasBegun || !isBusy || performance.now() - start >= this.#patience) throw error;
        }
        await pause(TRY_AGAIN_MS);
      }
    });
  }

  /** Work on the connection itself while no transaction is open. */
  async alone<T>(work: (database: Database.Database) => T): Promise<T> {
    return await this.#alone(async () => work(this.#database));
  }

  /**
   * Holds writes back until a task is done that writes by a connection of its own; reading goes on.
   * @param task what it does before it first awaits, it does while no transaction is open
   */
  async standAside(task: () => Promise<void>): Promise<void> {
    requireOutside();
    await this.#writers.run(async () => {
      let done = Promise.resolve();
      await this.alone(() => void (done = task()));
      await done;
    });
  }

  /** While no other transaction is open on the connection. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    requireOutside();
    return await this.#turns.run(work);
  }

  /** SQLite itself would have the whole thread wait for another process. @throws SQLITE_BUSY while one writes */
  #beginWriting(): void {
    const patient = `PRAGMA busy_timeout = ${this.#patience}`;
    try {
      this.#database.exec(`PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ${patient}`);
    } catch (error) {
      if (this.#database.open) this.#database.exec(patient);
      throw error;
    }
  }

  async #transaction<T>(work: (tx: WriteTx) => Promise<T>, mode: 'DEFERRED' | 'IMMEDIATE'): Promise<T> {
    const database = this.#database;
    try {
      if (mode === 'IMMEDIATE' && this.#requireSame !== null) throw new LintelError('store-read-only');
      this.#requireSame?.();
      if (mode === 'IMMEDIATE') this.#beginWriting();
      else this.#begin.run();
      const result = await asInside(work, this.#tx);
      this.#commit.run();
      return result;
    } catch (error) {
      // Some errors end the transaction by themselves.
      if (database.open && database.inTransaction) database.exec('ROLLBACK');
      const known = asLintelError(error);
      // A disk on which the system found errors may turn read-only under way.
      const isFailing = known instanceof LintelError && known.code === 'disk-failing';
      throw isFailing && isReadOnlyDisk(dirname(database.name))
        ? new LintelError('store-read-only', undefined, { cause: error })
        : known;
    }
  }
}

function writersOf(file: string): Turns {
  let turns = writers.get(file);
  if (turns === undefined) {
    turns = new Turns();
    writers.set(file, turns);
  }
  return turns;
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
  const tx: Omit<WriteTx, typeof within> = {
    run: async (sql, parameters) => prepare(sql).run(parameters),
    insert: async (sql, parameters) => Number(prepare(sql).run(parameters).lastInsertRowid),
    get: async (sql, parameters) => prepare(sql).get(parameters),
    all: async (sql, parameters) => prepare(sql).all(parameters),
    each: async function* each(sql) {
      yield* prepare(sql).iterate();
    },
    part: async (work) => {
      prepare('SAVEPOINT part').run();
      try {
        await work();
      } catch (error) {
        // Some errors end the transaction by themselves.
        if (database.inTransaction) database.exec('ROLLBACK TO part; RELEASE part');
        throw error;
      }
      prepare('RELEASE part').run();
    },
  };
  return tx as WriteTx;
}
