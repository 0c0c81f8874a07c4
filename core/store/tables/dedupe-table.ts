import { z } from 'zod';
import { CollectionId, FaceId } from '#contract';
import type { ReadTx, WriteTx } from '../file/transactions.ts';

const DedupeEntry = z.object({ face: z.int(), collectionId: CollectionId, faceId: FaceId });
export type DedupeEntry = z.infer<typeof DedupeEntry>;

/**
 * Dedupe: the faces that the server has yet to compare with all others, and the pairs of faces that an operator marked as
 * different people.
 */
export class DedupeTable {
  /** Queue a face. @param face its row */
  add(tx: WriteTx, face: number): void {
    tx.run('INSERT INTO newcomers (face) VALUES (?) ON CONFLICT DO NOTHING', [face]);
  }

  /** The queued faces after a row, in order of enrolment. */
  list(tx: ReadTx, account: string, after: number, limit: number): DedupeEntry[] {
    const rows = tx.all(
      `SELECT newcomers.face, collection_id AS collectionId, face_id AS faceId FROM newcomers
       JOIN faces ON faces.id = newcomers.face JOIN collections ON collections.id = faces.collection
       WHERE newcomers.face > ? AND account = ? ORDER BY newcomers.face LIMIT ?`,
      [after, account, limit],
    );
    return z.array(DedupeEntry).parse(rows);
  }

  remove(tx: WriteTx, face: number): void {
    tx.run('DELETE FROM newcomers WHERE face = ?', [face]);
  }

  markDistinct(tx: WriteTx, one: number, other: number): void {
    tx.run('INSERT INTO told_apart (first, second) VALUES (?, ?) ON CONFLICT DO NOTHING', [
      Math.min(one, other),
      Math.max(one, other),
    ]);
  }

  areDistinct(tx: ReadTx, one: number, other: number): boolean {
    const found = tx.get('SELECT 1 FROM told_apart WHERE first = ? AND second = ?', [
      Math.min(one, other),
      Math.max(one, other),
    ]);
    return found !== undefined;
  }
}
