import { z } from 'zod';
import { CollectionId, FaceId } from '#contract';
import type { ReadTx, WriteTx } from '../file/transactions.ts';

const Newcomer = z.object({ face: z.int(), collectionId: CollectionId, faceId: FaceId });
export type Newcomer = z.infer<typeof Newcomer>;

/** Faces that the server has yet to compare with all others, and pairs of faces that an operator marked as different people. */
export class Newcomers {
  /** @param face its row */
  add(tx: WriteTx, face: number): void {
    tx.run('INSERT INTO newcomers (face) VALUES (?) ON CONFLICT DO NOTHING', [face]);
  }

  /** @returns in order of enrolment, those after a row */
  list(tx: ReadTx, account: string, after: number, limit: number): Newcomer[] {
    const rows = tx.all(
      `SELECT newcomers.face, collection_id AS collectionId, face_id AS faceId FROM newcomers
       JOIN faces ON faces.id = newcomers.face JOIN collections ON collections.id = faces.collection
       WHERE newcomers.face > ? AND account = ? ORDER BY newcomers.face LIMIT ?`,
      [after, account, limit],
    );
    return z.array(Newcomer).parse(rows);
  }

  remove(tx: WriteTx, face: number): void {
    tx.run('DELETE FROM newcomers WHERE face = ?', [face]);
  }

  tellApart(tx: WriteTx, one: number, other: number): void {
    tx.run('INSERT INTO told_apart (first, second) VALUES (?, ?) ON CONFLICT DO NOTHING', [
      Math.min(one, other),
      Math.max(one, other),
    ]);
  }

  areToldApart(tx: ReadTx, one: number, other: number): boolean {
    const found = tx.get('SELECT 1 FROM told_apart WHERE first = ? AND second = ?', [
      Math.min(one, other),
      Math.max(one, other),
    ]);
    return found !== undefined;
  }
}
