import { setImmediate as breathe } from 'node:timers/promises';
import { z } from 'zod';
import { CollectionId, FaceId } from '#contract';
import type { Statements } from './statements.ts';
import type { Tombstones } from './tombstones.ts';

/** No account has this name, so nobody sees what belongs to it. */
const NOBODY = '';

/** Faces removed in one transaction: some ten milliseconds, in which nothing else runs. */
const BATCH = 64;

const TrashRow = z.object({
  collection: z.int(),
  account: z.string(),
  collectionId: CollectionId,
  deletedAt: z.string(),
  auditNumber: z.int(),
});
const FaceRow = z.object({ id: z.int(), faceId: FaceId });

/**
 * Collections on their way out. Throwing one away is one small change, so it takes its faces out of every later call
 * at once, however many they are; emptying takes its time in small pieces between which others run, and leaves the
 * tombstones. What a crash left is emptied with the next.
 */
export class Trash {
  readonly #sql: Statements;
  readonly #tombstones: Tombstones;

  constructor(sql: Statements, tombstones: Tombstones) {
    this.#sql = sql;
    this.#tombstones = tombstones;
  }

  /**
   * Within a transaction.
   * @param collection the id of its row; its name is free afterwards
   * @param auditNumber the line of the audit log that records it
   */
  throwAway(collection: number, deletedAt: string, auditNumber: number): void {
    this.#sql.run(
      `INSERT INTO trash (collection, account, collection_id, deleted_at, audit_n)
       SELECT id, account, collection_id, ?, ? FROM collections WHERE id = ?`,
      [deletedAt, auditNumber, collection],
    );
    this.#sql.run(
      `UPDATE collections SET account = '${NOBODY}', collection_id = 'trash-' || id WHERE id = ?`,
      [collection],
    );
    this.#tombstones.requireScrub();
  }

  /** Within a transaction. */
  get isEmpty(): boolean {
    return this.#next() === null;
  }

  async empty(): Promise<void> {
    while (!(await this.#sql.read(() => this.isEmpty))) {
      await this.#sql.write(() => this.#removeSome());
      await breathe();
    }
  }

  #next(): z.infer<typeof TrashRow> | null {
    const row = this.#sql.get(
      `SELECT collection, account, collection_id AS collectionId, deleted_at AS deletedAt,
         audit_n AS auditNumber FROM trash LIMIT 1`,
      [],
    );
    return row === undefined ? null : TrashRow.parse(row);
  }

  #removeSome(): void {
    const next = this.#next();
    // Another process may have removed the last.
    if (next === null) return;
    const { collection, account, collectionId, deletedAt, auditNumber } = next;
    const rows = this.#sql.all('SELECT id, face_id AS faceId FROM faces WHERE collection = ? LIMIT ?', [
      collection,
      BATCH,
    ]);
    const faces = z.array(FaceRow).parse(rows);
    for (const { id } of faces) this.#sql.run('DELETE FROM faces WHERE id = ?', [id]);
    const gone = faces.map(({ faceId }) => ({ collectionId, faceId }));
    this.#tombstones.add(account, gone, deletedAt, auditNumber);
    if (faces.length < BATCH) this.#sql.run('DELETE FROM collections WHERE id = ?', [collection]);
  }
}
