import type Database from 'better-sqlite3-multiple-ciphers';
import { z } from 'zod';
import { LintelError } from '#contract';
import { asLintelError } from '../disk/sqlite-errors.ts';
import type { Transactions } from '../file/transactions.ts';
import type { Tombstones } from '../tables/tombstones.ts';
import type { Trash } from '../tables/trash.ts';

/** Whether any of some byte strings stands anywhere in the decrypted pages of the database file. */
export type Contains = (traces: readonly Buffer[]) => Promise<boolean>;

/** Rewrites the whole file and empties its log, see {@link rewrite}. */
export type Rewrite = () => Promise<void>;

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

function emptyLog(database: Database.Database): void {
  const [row] = z.array(CheckpointRow).parse(database.pragma('wal_checkpoint(TRUNCATE)'));
  if (row?.busy !== 0) throw new LintelError('store-busy');
}

/** What is cleaned, and how. */
export interface ScrubberParts {
  readonly database: Database.Database;
  readonly sql: Transactions;
  readonly tombstones: Tombstones;
  readonly trash: Trash;
  readonly contains: Contains;
  readonly rewrite: Rewrite;
}

/**
 * Cleans the file of what was deleted. SQLite overwrites deleted content with zeros (`secure_delete`); copies remain in
 * its write-ahead log until that is emptied, and now and then of an index entry in the free space of a page, where
 * entries moved between pages. Rewriting the whole file removes the latter; it is done only when something is found, or
 * nobody knows what to look for.
 */
export class Scrubber {
  readonly #parts: ScrubberParts;

  constructor(parts: ScrubberParts) {
    this.#parts = parts;
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
    if (traces !== null) emptyLog(this.#parts.database);
    // Who cannot search, for want of the key for one, rewrites.
    if (traces === null || (await this.#parts.contains(traces).catch(() => true))) {
      await this.#parts.sql.standAside(this.#parts.rewrite);
    }
    for (const trace of traces ?? []) trace.fill(0);
    await this.#parts.sql.write((tx) => this.#parts.tombstones.scrubbed(tx, mark));
  }

  /** @returns the mark up to which all that was deleted is gone from the tables */
  async #emptyTrash(): Promise<number | null> {
    for (;;) {
      await this.#parts.trash.empty();
      // At one moment: what another process throws away after it has another mark.
      const [isEmpty, mark] = await this.#parts.sql.read((tx) => [
        this.#parts.trash.isEmpty(tx),
        this.#parts.tombstones.scrubMark(tx),
      ]);
      if (isEmpty) return mark;
    }
  }
}
