import type Database from 'better-sqlite3-multiple-ciphers';
import { z } from 'zod';
import { LintelError } from '#contract';
import { asLintelError } from './sqlite-errors.ts';
import type { Statements } from './statements.ts';
import type { Tombstones } from './tombstones.ts';
import type { Trash } from './trash.ts';

/** Whether any of some byte strings stands anywhere in the decrypted pages of the database file. */
export type Contains = (traces: readonly Buffer[]) => Promise<boolean>;

const CheckpointRow = z.object({ busy: z.int() });

/**
 * Cleans the file of what was deleted. SQLite overwrites deleted content with zeros (`secure_delete`); copies remain in
 * its write-ahead log until that is emptied, and now and then of an index entry in the free space of a page, where
 * entries moved between pages. Rewriting the whole file (VACUUM) removes the latter. It takes seconds per 100 MB and
 * that much memory, so it is done only when something is found, or nobody knows what to look for.
 */
export class Scrubber {
  readonly #database: Database.Database;
  readonly #sql: Statements;
  readonly #tombstones: Tombstones;
  readonly #trash: Trash;
  readonly #contains: Contains;

  constructor(
    database: Database.Database,
    sql: Statements,
    tombstones: Tombstones,
    trash: Trash,
    contains: Contains,
  ) {
    this.#database = database;
    this.#sql = sql;
    this.#tombstones = tombstones;
    this.#trash = trash;
    this.#contains = contains;
  }

  /**
   * @param known traces of all that was deleted up to that mark since the last time, null when they are not known; wiped
   * @throws `store-busy`
   */
  async scrub(
    known: { readonly traces: readonly Buffer[]; readonly mark: number | null } | null,
  ): Promise<void> {
    const traces = known?.traces ?? null;
    const mark = known === null ? await this.#emptyTrash() : known.mark;
    this.#emptyLog();
    // Who cannot search, for want of the key for one, rewrites.
    if (traces === null || (await this.#contains(traces).catch(() => true))) {
      try {
        this.#database.exec('VACUUM');
      } catch (error) {
        throw asLintelError(error);
      }
      this.#emptyLog();
    }
    for (const trace of traces ?? []) trace.fill(0);
    await this.#sql.write(() => this.#tombstones.scrubbed(mark));
  }

  /** @returns the mark up to which all that was deleted is gone from the tables */
  async #emptyTrash(): Promise<number | null> {
    for (;;) {
      await this.#trash.empty();
      // At one moment: what another process throws away after it has another mark.
      const [isEmpty, mark] = await this.#sql.read(() => [this.#trash.isEmpty, this.#tombstones.scrubMark]);
      if (isEmpty) return mark;
    }
  }

  #emptyLog(): void {
    const [row] = z.array(CheckpointRow).parse(this.#database.pragma('wal_checkpoint(TRUNCATE)'));
    if (row?.busy !== 0) throw new LintelError('store-busy');
  }
}
