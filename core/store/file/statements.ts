import { dirname } from 'node:path';
import type Database from 'better-sqlite3-multiple-ciphers';
import { LintelError } from '#contract';
import type { Sync } from '../disk/log-sync.ts';
import { isReadOnlyDisk, type RequireSame } from '../disk/read-only.ts';
import { asLintelError } from '../disk/sqlite-errors.ts';

type Value = string | number | Buffer | null;
type Parameters = readonly Value[] | Readonly<Record<string, Value>>;

/** SQL with positional or named parameters over one connection: each text is prepared once, and SQLite's errors become those of the catalogue. */
export class Statements {
  readonly #database: Database.Database;
  readonly #sync: Sync | null;
  readonly #requireSame: RequireSame | null;
  readonly #prepared = new Map<string, Database.Statement>();
  #held: Promise<void> | null = null;

  /**
   * @param sync null: the connection waits for the disk in each commit
   * @param requireSame of a copy, to which nothing is written; null: it is the database itself
   */
  constructor(database: Database.Database, sync: Sync | null, requireSame: RequireSame | null = null) {
    this.#database = database;
    this.#requireSame = requireSame;
    this.#sync = sync;
  }

  /** @returns how many rows changed, and the id of the row inserted last */
  run(sql: string, parameters: Parameters): { changes: number; id: number } {
    const { changes, lastInsertRowid } = this.#prepare(sql).run(parameters);
    return { changes, id: Number(lastInsertRowid) };
  }

  /** The first row, by column name. */
  get(sql: string, parameters: Parameters): unknown {
    return this.#prepare(sql).get(parameters);
  }

  /** All rows, by column name. */
  all(sql: string, parameters: Parameters): unknown[] {
    return this.#prepare(sql).all(parameters);
  }

  /** Row after row, by column name; nothing may be written meanwhile. */
  each(sql: string): IterableIterator<unknown> {
    return this.#prepare(sql).iterate();
  }

  /** `work` on one unchanging view of the database. */
  async read<T>(work: () => T): Promise<T> {
    return this.#transaction(work, 'deferred');
  }

  /** `work` alone in the database, on the disk once this resolves, undone when it throws. */
  async write<T>(work: () => T): Promise<T> {
    const result = await this.writeUnsynced(work);
    await this.#sync?.();
    return result;
  }

  /** As {@link write}, but on the disk only with the next of those: for what can be had again. */
  async writeUnsynced<T>(work: () => T): Promise<T> {
    while (this.#held !== null) await this.#held;
    if (this.#requireSame !== null) throw new LintelError('store-read-only');
    return this.#transaction(work, 'immediate');
  }

  /** A part of a write, undone by itself when it throws. */
  part(work: () => void): void {
    this.#database.transaction(work)();
  }

  /** Holds writes back until a task is done that writes by a connection of its own; reading goes on. */
  async standAside(task: () => Promise<void>): Promise<void> {
    while (this.#held !== null) await this.#held;
    const done = task();
    this.#held = done.catch(() => {});
    await done.finally(() => (this.#held = null));
  }

  #transaction<T>(work: () => T, mode: 'deferred' | 'immediate'): T {
    this.#requireSame?.();
    try {
      return this.#database.transaction(work)[mode]();
    } catch (error) {
      const known = asLintelError(error);
      // A disk on which the system found errors may turn read-only under way.
      const isFailing = known instanceof LintelError && known.code === 'disk-failing';
      throw isFailing && isReadOnlyDisk(dirname(this.#database.name))
        ? new LintelError('store-read-only', undefined, { cause: error })
        : known;
    }
  }

  #prepare(sql: string): Database.Statement {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}
