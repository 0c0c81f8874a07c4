import { z } from 'zod';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

const Manner = z.enum(['deleted', 'evicted', 'emptied']);
/** How a face or collection is to go: for good, only from here, or by losing all references that are here. */
export type Manner = z.infer<typeof Manner>;

const HeldRow = z.object({ id: z.string(), manner: Manner });
const CountRow = z.object({ count: z.int(), cursor: z.int().nullable() });

/** What the server wants removed and nobody has agreed to yet. */
export class HeldRemovals {
  /** @param cursor up to where the changes were read before */
  async hold(tx: WriteTx, faceId: string, manner: Manner, cursor: number): Promise<void> {
    await tx.run(
      `INSERT INTO held_removals (kind, id, manner, cursor) VALUES ('face', ?, ?, ?)
       ON CONFLICT (kind, id) DO UPDATE SET manner = excluded.manner`,
      [faceId, manner, cursor],
    );
  }

  /** The faces of a collection that the server knows. @param collection the id of its row */
  async holdFaces(tx: WriteTx, collection: number, cursor: number): Promise<void> {
    await tx.run(
      `INSERT INTO held_removals (kind, id, manner, cursor)
       SELECT 'face', face_id, 'deleted', @cursor FROM faces WHERE collection = @collection
         AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.face_id = faces.face_id AND outbox.kind = 'face-added')
         AND NOT EXISTS (SELECT 1 FROM parked WHERE parked.face_id = faces.face_id AND parked.kind = 'face-added')
       ON CONFLICT (kind, id) DO UPDATE SET manner = excluded.manner`,
      { cursor, collection },
    );
  }

  /** It goes once it holds no face. */
  async holdCollection(tx: WriteTx, collectionId: string, cursor: number): Promise<void> {
    await tx.run(
      `INSERT INTO held_removals (kind, id, manner, cursor) VALUES ('collection', ?, 'deleted', ?)
       ON CONFLICT DO NOTHING`,
      [collectionId, cursor],
    );
  }

  async has(tx: ReadTx, faceId: string): Promise<boolean> {
    const found = "SELECT 1 FROM held_removals WHERE kind = 'face' AND id = ?";
    return (await tx.get(found, [faceId])) !== undefined;
  }

  /** Those that nobody has agreed to. */
  async list(tx: ReadTx, kind: 'face' | 'collection'): Promise<{ id: string; manner: Manner }[]> {
    const rows = await tx.all('SELECT id, manner FROM held_removals WHERE kind = ? AND agreed = 0', [kind]);
    return z.array(HeldRow).parse(rows);
  }

  async agree(tx: WriteTx, faceId: string): Promise<void> {
    await tx.run("UPDATE held_removals SET agreed = 1 WHERE kind = 'face' AND id = ?", [faceId]);
  }

  async isAgreed(tx: ReadTx, faceId: string): Promise<boolean> {
    const agreed = "SELECT 1 FROM held_removals WHERE kind = 'face' AND id = ? AND agreed";
    return (await tx.get(agreed, [faceId])) !== undefined;
  }

  /** The server names a thing: it is not to be removed. */
  async spare(tx: WriteTx, kind: 'face' | 'collection', id: string): Promise<void> {
    await tx.run('DELETE FROM held_removals WHERE kind = ? AND id = ?', [kind, id]);
  }

  async spareAll(tx: WriteTx): Promise<void> {
    await tx.run('DELETE FROM held_removals', []);
  }

  /** How many faces are held, and up to where the changes may be confirmed because of them; null: to the end. */
  async count(tx: ReadTx): Promise<{ count: number; cursor: number | null }> {
    return CountRow.parse(
      await tx.get(
        `SELECT count(*) AS count, min(cursor) AS cursor FROM held_removals
         WHERE kind = 'face' AND agreed = 0 AND EXISTS (SELECT 1 FROM faces WHERE face_id = held_removals.id)`,
        [],
      ),
    );
  }
}
