import { z } from 'zod';
import type { ReadTx, WriteTx } from '../file/transactions.ts';

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
 * number of the last row it read; a thing that is not there any more was deleted.
 */
export class Changes {
  /** Identifies this sequence of changes: a store that was set back to an earlier state gets another id. */
  feedId(tx: ReadTx): string {
    return FeedRow.parse(tx.get('SELECT id FROM feed', [])).id;
  }

  /** After the store was set back. */
  renewFeed(tx: WriteTx): void {
    tx.run('UPDATE feed SET id = lower(hex(randomblob(16)))', []);
  }

  /** Let everybody look at a thing again. @param origin the replica whose doing its present state is, if one's */
  touch(tx: WriteTx, account: string, kind: ChangeKind, id: string, origin: string | null): void {
    tx.run('DELETE FROM changes WHERE account = ? AND kind = ? AND id = ?', [account, kind, id]);
    tx.run('INSERT INTO changes (account, kind, id, origin) VALUES (?, ?, ?, ?)', [
      account,
      kind,
      id,
      origin,
    ]);
  }

  /** Nobody needs to look at these faces: nobody has heard of them. */
  withhold(tx: WriteTx, account: string, faceIds: readonly string[]): void {
    tx.run(
      "DELETE FROM changes WHERE account = ? AND kind = 'face' AND id IN (SELECT value FROM json_each(?))",
      [account, JSON.stringify(faceIds)],
    );
  }

  /** At most `limit` changes after a number, in order. */
  after(tx: ReadTx, account: string, seq: number, limit: number): Change[] {
    return z
      .array(ChangeRow)
      .parse(
        tx.all(
          'SELECT seq, kind, id, origin FROM changes WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?',
          [account, seq, limit],
        ),
      );
  }

  /** Ids of the collections that changed after a number. */
  collectionsAfter(tx: ReadTx, account: string, seq: number): string[] {
    return z
      .array(z.object({ id: z.string() }))
      .parse(
        tx.all("SELECT id FROM changes WHERE account = ? AND kind = 'collection' AND seq > ? ORDER BY seq", [
          account,
          seq,
        ]),
      )
      .map(({ id }) => id);
  }

  /** Changes after a number, and how many of them are deletions of faces. */
  countAfter(tx: ReadTx, account: string, seq: number): { behind: number; deletions: number } {
    return CountsRow.parse(
      tx.get(
        `SELECT count(*) AS behind, count(*) FILTER (WHERE ${IS_DELETION}) AS deletions
         FROM changes WHERE account = ? AND seq > ?`,
        [account, seq],
      ),
    );
  }

  /** Number of the newest change that there was. */
  newest(tx: ReadTx, account: string): number {
    const row = tx.get('SELECT max(seq) AS seq FROM changes WHERE account = ?', [account]);
    return Math.max(SeqRow.parse(row).seq ?? 0, this.horizon(tx, account));
  }

  /** Number of the newest deletion that is no longer among the changes. */
  horizon(tx: ReadTx, account: string): number {
    const row = tx.get('SELECT seq FROM horizons WHERE account = ?', [account]);
    return row === undefined ? 0 : (SeqRow.parse(row).seq ?? 0);
  }

  /** Leave out deletions that were made before a moment and are no newer than a number. @returns how many */
  trim(tx: WriteTx, account: string, before: string, upTo: number): number {
    const old = `account = @account AND kind = 'face' AND seq <= @upTo AND EXISTS (SELECT 1 FROM tombstones
      WHERE tombstones.account = @account AND face_id = changes.id AND deleted_at < @before)`;
    const values = { account, before, upTo };
    const row = tx.get(`SELECT max(seq) AS seq FROM changes WHERE ${old}`, values);
    const { seq } = SeqRow.parse(row);
    if (seq === null) return 0;
    tx.run(
      `INSERT INTO horizons (account, seq) VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)`,
      [account, seq],
    );
    return tx.run(`DELETE FROM changes WHERE ${old}`, values).changes;
  }
}
