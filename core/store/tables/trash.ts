import { setImmediate as breathe } from 'node:timers/promises';
import { z } from 'zod';
import { CollectionId, FaceId } from '#contract';
import type { Collections } from './collections.ts';
import type { Outbox } from './outbox.ts';
import type { ReadTx, Transactions, WriteTx } from '../sql/transactions.ts';
import type { Tombstones } from './tombstones.ts';

/** No account has this name, so no account sees what belongs to it. */
const NOBODY = '';

/** Faces removed in one transaction: some ten milliseconds, which block all other work. */
const BATCH = 64;

const TrashRow = z.object({
  collection: z.int(),
  account: z.string(),
  collectionId: CollectionId,
  deletedAt: z.string(),
  auditNumber: z.int(),
  /** Whether the server is to delete its faces too. */
  told: z.int().transform(Boolean),
  /** Whether the server is to delete the collection too. */
  whole: z.int().transform(Boolean),
});
const FaceRow = z.object({ id: z.int(), faceId: FaceId });

/**
 * Deleted collections whose faces are still in the tables. Throwing a collection away is one small change, which hides
 * all of its faces from every later call at once. Emptying the trash deletes the faces in small batches, between which
 * other work runs, and leaves their tombstones. After a crash the next emptying goes on.
 */
export class Trash {
  readonly #sql: Transactions;
  readonly #tombstones: Tombstones;
  readonly #collections: Collections;
  readonly #outbox: Outbox;

  constructor(sql: Transactions, tombstones: Tombstones, collections: Collections, outbox: Outbox) {
    this.#sql = sql;
    this.#tombstones = tombstones;
    this.#collections = collections;
    this.#outbox = outbox;
  }

  /**
   * @param collection the id of its row; its name is free afterwards
   * @param auditNumber the line of the audit log that records it
   * @param pending what the outbox is to tell the server: the faces are deleted, or the collection too; null: nothing
   */
  async throwAway(
    tx: WriteTx,
    collection: number,
    deletedAt: string,
    auditNumber: number,
    pending: 'faces' | 'collection' | null,
  ): Promise<void> {
    await tx.run(
      `INSERT INTO trash (collection, account, collection_id, deleted_at, audit_n, told, whole)
       SELECT id, account, collection_id, ?, CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT)
       FROM collections WHERE id = ?`,
      [deletedAt, auditNumber, Number(pending !== null), Number(pending === 'collection'), collection],
    );
    await tx.run(
      `UPDATE collections SET account = '${NOBODY}', collection_id = 'trash-' || id WHERE id = ?`,
      [collection],
    );
    await this.#tombstones.requireScrub(tx);
  }

  /** Whether a collection was deleted here and the operation is not in the outbox yet. */
  async hasPendingDeletion(tx: ReadTx, account: string, collectionId: string): Promise<boolean> {
    const found = 'SELECT 1 FROM trash WHERE account = ? AND collection_id = ? AND told = 1 AND whole = 1';
    return (await tx.get(found, [account, collectionId])) !== undefined;
  }

  async isEmpty(tx: ReadTx): Promise<boolean> {
    return (await this.#next(tx)) === null;
  }

  async empty(): Promise<void> {
    while (!(await this.#sql.read((tx) => this.isEmpty(tx)))) {
      await this.#sql.write((tx) => this.#removeSome(tx));
      await breathe();
    }
  }

  async #next(tx: ReadTx): Promise<z.infer<typeof TrashRow> | null> {
    const row = await tx.get(
      `SELECT collection, account, collection_id AS "collectionId", deleted_at AS "deletedAt",
         audit_n AS "auditNumber", told, whole FROM trash LIMIT 1`,
      [],
    );
    return row === undefined ? null : TrashRow.parse(row);
  }

  async #removeSome(tx: WriteTx): Promise<void> {
    const next = await this.#next(tx);
    // Another process may have removed the last.
    if (next === null) return;
    const { collection, account, collectionId, deletedAt, auditNumber, told, whole } = next;
    const rows = await tx.all('SELECT id, face_id AS "faceId" FROM faces WHERE collection = ? LIMIT ?', [
      collection,
      BATCH,
    ]);
    const faces = z.array(FaceRow).parse(rows);
    for (const { id } of faces) await tx.run('DELETE FROM faces WHERE id = ?', [id]);
    const gone = faces.map(({ faceId }) => ({ collectionId, faceId }));
    await this.#tombstones.add(tx, account, gone, deletedAt, auditNumber);
    const faceIds = gone.map(({ faceId }) => faceId);
    if (told) await this.#outbox.addDeletion(tx, account, collectionId, faceIds);
    if (faces.length === BATCH) return;
    await tx.run('DELETE FROM collections WHERE id = ?', [collection]);
    // The operation goes last, since a server keeps a collection with faces; none goes for a collection created again since.
    if (whole && !(await this.#collections.has(tx, account, collectionId))) {
      await this.#outbox.add(tx, account, 'collection-deleted', { collectionId }, { collectionId });
    }
  }
}
