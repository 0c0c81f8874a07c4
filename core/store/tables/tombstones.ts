import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { CollectionId, FaceId, LintelError, type ErasedFace } from '#contract';
import type { Tombstone } from '../records.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';
import { forgetEvents } from './waiting-events.ts';

const TombstoneRow = z.object({
  account: z.string(),
  collectionId: CollectionId,
  faceId: FaceId,
  deletedAt: z.string(),
});
const MarkRow = z.object({ mark: z.int() });
/** The most that `randomInt` takes. */
const MARKS = 2 ** 48 - 1;

const PlaceRow = z.object({ collectionId: CollectionId, n: z.int() });

/** What remains of deleted faces, so that nothing brings them back. */
export class Tombstones {
  /**
   * Whatever waits to be told of such a face at webhooks, with addresses of a person, is forgotten.
   * @param auditNumber the line of the audit log that records the deletion
   */
  async add(
    tx: WriteTx,
    account: string,
    faces: readonly ErasedFace[],
    deletedAt: string,
    auditNumber: number,
  ): Promise<void> {
    for (const { collectionId, faceId } of faces) {
      await tx.run(
        `INSERT INTO tombstones (account, face_id, collection_id, deleted_at, audit_n)
         VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        [account, faceId, collectionId, deletedAt, auditNumber],
      );
      await forgetEvents(tx, account, faceId);
    }
    if (faces.length > 0) await this.requireScrub(tx);
  }

  async has(tx: ReadTx, account: string, faceId: string): Promise<boolean> {
    // A face in the trash is about to get one. The join is taken in this order: the trash is small.
    const found = `SELECT 1 FROM tombstones WHERE account = @account AND face_id = @faceId
      UNION ALL SELECT 1 FROM trash CROSS JOIN faces
      WHERE faces.collection = trash.collection AND account = @account AND face_id = @faceId LIMIT 1`;
    return (await tx.get(found, { account, faceId })) !== undefined;
  }

  /** @throws `face-erased` for a face that has a tombstone */
  async refuse(tx: ReadTx, account: string, faceId: string): Promise<void> {
    if (await this.has(tx, account, faceId)) throw new LintelError('face-erased');
  }

  /** Where a deleted face was, and the line of the audit log that records it. @throws `face-not-found` */
  async get(tx: ReadTx, account: string, faceId: string): Promise<{ collectionId: string; n: number }> {
    const row = await tx.get(
      `SELECT collection_id AS "collectionId", audit_n AS n FROM tombstones WHERE account = ? AND face_id = ?`,
      [account, faceId],
    );
    if (row === undefined) throw new LintelError('face-not-found');
    return PlaceRow.parse(row);
  }

  /** Where a face was that is gone, or null for one that was never here. */
  async collectionOf(tx: ReadTx, account: string, faceId: string): Promise<string | null> {
    const found = `SELECT collection_id AS "collectionId" FROM tombstones
      WHERE account = @account AND face_id = @faceId
      UNION ALL SELECT collection_id FROM trash CROSS JOIN faces
      WHERE faces.collection = trash.collection AND account = @account AND face_id = @faceId LIMIT 1`;
    const row = await tx.get(found, { account, faceId });
    return row === undefined ? null : PlaceRow.pick({ collectionId: true }).parse(row).collectionId;
  }

  /** Of all accounts. */
  async all(tx: ReadTx): Promise<Tombstone[]> {
    const rows = await tx.all(
      `SELECT account, collection_id AS "collectionId", face_id AS "faceId", deleted_at AS "deletedAt"
       FROM tombstones ORDER BY account, face_id`,
      [],
    );
    return rows.map((row) => TombstoneRow.parse(row));
  }

  /** The faces of one account, by the collection they were in. */
  async byCollection(tx: ReadTx, account: string): Promise<{ collectionId: string; faceIds: string[] }[]> {
    const rows = z
      .array(z.object({ collectionId: CollectionId, faceId: FaceId }))
      .parse(
        await tx.all(
          'SELECT collection_id AS "collectionId", face_id AS "faceId" FROM tombstones WHERE account = ?',
          [account],
        ),
      );
    const faces = Map.groupBy(rows, ({ collectionId }) => collectionId);
    return Array.from(faces, ([collectionId, gone]) => ({
      collectionId,
      faceIds: gone.map(({ faceId }) => faceId),
    }));
  }

  /** Something was deleted: the free space of the file is to be cleaned, also if that is under way already. */
  async requireScrub(tx: WriteTx): Promise<void> {
    await tx.run(
      'INSERT INTO upkeep (task, since) VALUES (?, ?) ON CONFLICT (task) DO UPDATE SET since = excluded.since',
      ['scrub', randomInt(MARKS)],
    );
  }

  /** Stands for the last deletion that the free space is to be cleaned of: each has another. Null when there is none. */
  async scrubMark(tx: ReadTx): Promise<number | null> {
    const row = await tx.get("SELECT since AS mark FROM upkeep WHERE task = 'scrub'", []);
    return row === undefined ? null : MarkRow.parse(row).mark;
  }

  /** The free space holds nothing of what was deleted up to that mark. */
  async scrubbed(tx: WriteTx, mark: number | null): Promise<void> {
    await tx.run("DELETE FROM upkeep WHERE task = 'scrub' AND since = ?", [mark]);
  }
}
