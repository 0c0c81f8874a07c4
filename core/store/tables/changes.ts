import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { MAX_COLLECTIONS } from '#contract';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

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
const CountRow = z.object({ count: z.int() });

/** Collections of an account among the changes, those that are gone with them. */
const MAX_NOTED_COLLECTIONS = 2 * MAX_COLLECTIONS;

/** Whether a row of `changes` is of a face that was deleted. */
const IS_DELETION = `kind = 'face' AND EXISTS (SELECT 1 FROM tombstones
  WHERE tombstones.account = changes.account AND face_id = changes.id)`;

/**
 * What changed, in order: one row for each thing, at its newest change, which triggers write. A reader goes on from the
 * number of the last row it read; a thing that is not there any more was deleted.
 */
export class Changes {
  /** Identifies this sequence of changes: a store that was set back to an earlier state gets another id. */
  async feedId(tx: ReadTx): Promise<string> {
    return FeedRow.parse(await tx.get('SELECT id FROM feed', [])).id;
  }

  /** After the store was set back. */
  async renewFeed(tx: WriteTx): Promise<void> {
    await tx.run('UPDATE feed SET id = ?', [randomBytes(16).toString('hex')]);
  }

  /** Let everybody look at a thing again. @param origin the replica whose doing its present state is, if one's */
  async touch(
    tx: WriteTx,
    account: string,
    kind: ChangeKind,
    id: string,
    origin: string | null,
  ): Promise<void> {
    await tx.run('DELETE FROM changes WHERE account = ? AND kind = ? AND id = ?', [account, kind, id]);
    await tx.run('INSERT INTO changes (account, kind, id, origin) VALUES (?, ?, ?, ?)', [
      account,
      kind,
      id,
      origin,
    ]);
  }

  /** Nobody needs to look at these faces: nobody has heard of them. */
  async withhold(tx: WriteTx, account: string, faceIds: readonly string[]): Promise<void> {
    await tx.run(
      "DELETE FROM changes WHERE account = ? AND kind = 'face' AND id IN (SELECT value FROM json_each(?))",
      [account, JSON.stringify(faceIds)],
    );
  }

  /** At most `limit` changes after a number, in order. */
  async after(tx: ReadTx, account: string, seq: number, limit: number): Promise<Change[]> {
    return z
      .array(ChangeRow)
      .parse(
        await tx.all(
          'SELECT seq, kind, id, origin FROM changes WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?',
          [account, seq, limit],
        ),
      );
  }

  /** Whether a thing changed after a number. */
  async isAfter(tx: ReadTx, account: string, kind: ChangeKind, id: string, seq: number): Promise<boolean> {
    const found = 'SELECT 1 FROM changes WHERE account = ? AND kind = ? AND id = ? AND seq > ?';
    return (await tx.get(found, [account, kind, id, seq])) !== undefined;
  }

  /** Whether a collection is among the changes, or there is room for it: a device may name as many as it likes that never were. */
  async mayNoteCollection(tx: ReadTx, account: string, collectionId: string): Promise<boolean> {
    if (await this.isAfter(tx, account, 'collection', collectionId, 0)) return true;
    const counted = "SELECT count(*) AS count FROM changes WHERE account = ? AND kind = 'collection'";
    return CountRow.parse(await tx.get(counted, [account])).count < MAX_NOTED_COLLECTIONS;
  }

  /** Changes after a number, and how many of them are deletions of faces. */
  async countAfter(tx: ReadTx, account: string, seq: number): Promise<{ behind: number; deletions: number }> {
    return CountsRow.parse(
      await tx.get(
        `SELECT count(*) AS behind, count(*) FILTER (WHERE ${IS_DELETION}) AS deletions
         FROM changes WHERE account = ? AND seq > ?`,
        [account, seq],
      ),
    );
  }

  /** Number of the newest change that there was. */
  async newest(tx: ReadTx, account: string): Promise<number> {
    const row = await tx.get('SELECT max(seq) AS seq FROM changes WHERE account = ?', [account]);
    return Math.max(SeqRow.parse(row).seq ?? 0, await this.horizon(tx, account));
  }

  /** Number of the newest deletion that is no longer among the changes. */
  async horizon(tx: ReadTx, account: string): Promise<number> {
    const row = await tx.get('SELECT seq FROM horizons WHERE account = ?', [account]);
    return row === undefined ? 0 : (SeqRow.parse(row).seq ?? 0);
  }

  /** Leave out deletions that were made before a moment and are no newer than a number. @returns how many */
  async trim(tx: WriteTx, account: string, before: string, upTo: number): Promise<number> {
    const old = `account = @account AND kind = 'face' AND seq <= @upTo AND EXISTS (SELECT 1 FROM tombstones
      WHERE tombstones.account = @account AND face_id = changes.id AND deleted_at < @before)`;
    const values = { account, before, upTo };
    const row = await tx.get(`SELECT max(seq) AS seq FROM changes WHERE ${old}`, values);
    const { seq } = SeqRow.parse(row);
    if (seq === null) return 0;
    await tx.run(
      `INSERT INTO horizons (account, seq) VALUES (?, ?) ON CONFLICT (account) DO UPDATE
         SET seq = CASE WHEN excluded.seq > horizons.seq THEN excluded.seq ELSE horizons.seq END`,
      [account, seq],
    );
    return (await tx.run(`DELETE FROM changes WHERE ${old}`, values)).changes;
  }
}
