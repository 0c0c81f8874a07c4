import { z } from 'zod';
import { ParkedOperation } from '#contract';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

const PlaceRow = z.object({ kind: z.string(), faceId: z.string().nullable() });

/** Operations that the server refused, for an operator to see. */
export class Parked {
  /**
   * The server will never apply this one, which waits in the outbox. What it refused of the same kind about the same face
   * before is forgotten: an appliance that goes on doing what it may not would fill the list.
   */
  async add(tx: WriteTx, number: number, code: string): Promise<void> {
    await tx.run(
      `DELETE FROM parked WHERE (kind, face_id) =
         (SELECT kind, face_id FROM outbox WHERE number = ? AND face_id IS NOT NULL)`,
      [number],
    );
    await tx.run(
      `INSERT INTO parked (number, kind, collection_id, face_id, code, at)
       SELECT number, kind, collection_id, face_id, ?, at FROM outbox WHERE number = ? AND kind <> 'void'
       ON CONFLICT DO NOTHING`,
      [code, number],
    );
  }

  /** Oldest first. */
  async list(tx: ReadTx): Promise<ParkedOperation[]> {
    const columns = 'number, kind, collection_id AS "collectionId", face_id AS "faceId", code, at';
    return z.array(ParkedOperation).parse(await tx.all(`SELECT ${columns} FROM parked ORDER BY number`, []));
  }

  /** Forget all. @returns what they were about */
  async takeAll(tx: WriteTx): Promise<{ kind: string; faceId: string | null }[]> {
    const rows = await tx.all('DELETE FROM parked RETURNING kind, face_id AS "faceId"', []);
    return z.array(PlaceRow).parse(rows);
  }

  /** Forget those about a face. */
  async void(tx: WriteTx, faceId: string): Promise<void> {
    await tx.run('DELETE FROM parked WHERE face_id = ?', [faceId]);
  }
}
