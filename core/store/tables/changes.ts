import { z } from 'zod';
import type { Statements } from '../file/statements.ts';

export type ChangeKind = 'collection' | 'face' | 'conflict';

const ChangeRow = z.object({
  seq: z.int(),
  kind: z.enum(['collection', 'face', 'conflict']),
  id: z.string(),
  origin: z.string().nullable(),
});
export type Change = z.infer<typeof ChangeRow>;

const FeedRow = z.object({ id: z.string() });
const SeqRow = z.object({ seq: z.int().nullable() });
const CountsRow = z.object({ behind: z.int(), deletions: z.int() });

/** Whether a row of `changes` is of a face that was deleted. */
const IS_DELETION = `kind = 'face' AND EXISTS (SELECT 1 FROM tombstones
  WHERE tombstones.account = changes.account AND face_id = changes.id)`;

/**
 * What changed, in order: one row for each thing, at its newest change, which triggers write. A reader goes on from the
 * number of the last row it read; a thing that is not there any more was deleted. Call within a transaction.
 */
export class Changes {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** A word for this very sequence of changes: a store set back to an earlier state gets another. */
  get feedId(): string {
    return FeedRow.parse(this.#sql.get('SELECT id FROM feed', [])).id;
  }

  /** After the store was set back. */
  renewFeed(): void {
    this.#sql.run('UPDATE feed SET id = lower(hex(randomblob(16)))', []);
  }

  /** Let everybody look at a thing again. @param origin the replica whose doing its present state is, if one's */
  touch(account: string, kind: ChangeKind, id: string, origin: string | null): void {
    this.#sql.run('DELETE FROM changes WHERE account = ? AND kind = ? AND id = ?', [account, kind, id]);
    this.#sql.run('INSERT INTO changes (account, kind, id, origin) VALUES (?, ?, ?, ?)', [
      account,
      kind,
      id,
      origin,
    ]);
  }

  /** Nobody needs to look at these faces: nobody has heard of them. */
  withhold(account: string, faceIds: readonly string[]): void {
    this.#sql.run(
      "DELETE FROM changes WHERE account = ? AND kind = 'face' AND id IN (SELECT value FROM json_each(?))",
      [account, JSON.stringify(faceIds)],
    );
  }

  /** At most `limit` changes after a number, in order. */
  after(account: string, seq: number, limit: number): Change[] {
    return z
      .array(ChangeRow)
      .parse(
        this.#sql.all(
          'SELECT seq, kind, id, origin FROM changes WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?',
          [account, seq, limit],
        ),
      );
  }

  /** Ids of the collections that changed after a number. */
  collectionsAfter(account: string, seq: number): string[] {
    return z
      .array(z.object({ id: z.string() }))
      .parse(
        this.#sql.all(
          "SELECT id FROM changes WHERE account = ? AND kind = 'collection' AND seq > ? ORDER BY seq",
          [account, seq],
        ),
      )
      .map(({ id }) => id);
  }

  /** Changes after a number, and how many of them are deletions of faces. */
  countAfter(account: string, seq: number): { behind: number; deletions: number } {
    return CountsRow.parse(
      this.#sql.get(
        `SELECT count(*) AS behind, count(*) FILTER (WHERE ${IS_DELETION}) AS deletions
         FROM changes WHERE account = ? AND seq > ?`,
        [account, seq],
      ),
    );
  }

  /** Number of the newest change that there was. */
  newest(account: string): number {
    const row = this.#sql.get('SELECT max(seq) AS seq FROM changes WHERE account = ?', [account]);
    return Math.max(SeqRow.parse(row).seq ?? 0, this.horizon(account));
  }

  /** Number of the newest deletion that is no longer among the changes. */
  horizon(account: string): number {
    const row = this.#sql.get('SELECT seq FROM horizons WHERE account = ?', [account]);
    return row === undefined ? 0 : (SeqRow.parse(row).seq ?? 0);
  }

  /** Leave out deletions that were made before a moment and are no newer than a number. @returns how many */
  trim(account: string, before: string, upTo: number): number {
    const old = `account = @account AND kind = 'face' AND seq <= @upTo AND EXISTS (SELECT 1 FROM tombstones
      WHERE tombstones.account = @account AND face_id = changes.id AND deleted_at < @before)`;
    const values = { account, before, upTo };
    const row = this.#sql.get(`SELECT max(seq) AS seq FROM changes WHERE ${old}`, values);
    const { seq } = SeqRow.parse(row);
    if (seq === null) return 0;
    this.#sql.run(
      `INSERT INTO horizons (account, seq) VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)`,
      [account, seq],
    );
    return this.#sql.run(`DELETE FROM changes WHERE ${old}`, values).changes;
  }
}
