import { z } from 'zod';
import { CollectionId, FaceId } from '#contract';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

const DedupeEntry = z.object({ face: z.int(), collectionId: CollectionId, faceId: FaceId });
export type DedupeEntry = z.infer<typeof DedupeEntry>;

/**
 * Dedupe: the faces that the server has yet to compare with all others, and the pairs of faces that an operator marked as
 * different people.
 */
export class DedupeTable {
  /** Queue a face. @param face its row */
  async add(tx: WriteTx, face: number): Promise<void> {
    await tx.run('INSERT INTO newcomers (face) VALUES (?) ON CONFLICT DO NOTHING', [face]);
  }

  /** The queued faces after a row, in order of enrolment. */
  async list(tx: ReadTx, account: string, after: number, limit: number): Promise<DedupeEntry[]> {
    const rows = await tx.all(
      `SELECT newcomers.face, collection_id AS "collectionId", face_id AS "faceId" FROM newcomers
       JOIN faces ON faces.id = newcomers.face JOIN collections ON collections.id = faces.collection
       WHERE newcomers.face > ? AND account = ? ORDER BY newcomers.face LIMIT ?`,
      [after, account, limit],
    );
    return z.array(DedupeEntry).parse(rows);
  }

  async remove(tx: WriteTx, face: number): Promise<void> {
    await tx.run('DELETE FROM newcomers WHERE face = ?', [face]);
  }

  async markDistinct(tx: WriteTx, one: number, other: number): Promise<void> {
    await tx.run('INSERT INTO told_apart (first, second) VALUES (?, ?) ON CONFLICT DO NOTHING', [
      Math.min(one, other),
      Math.max(one, other),
    ]);
  }

  async areDistinct(tx: ReadTx, one: number, other: number): Promise<boolean> {
    const found = await tx.get('SELECT 1 FROM told_apart WHERE first = ? AND second = ?', [
      Math.min(one, other),
      Math.max(one, other),
    ]);
    return found !== undefined;
  }
}
