import { z } from 'zod';
import { ParkedOperation } from '#contract';
import type { ReadTx, WriteTx } from '../file/transactions.ts';

const PlaceRow = z.object({ kind: z.string(), faceId: z.string().nullable() });

/** Operations that the server refused, for an operator to see. */
export class Parked {
  /**
   * The server will never apply this one, which waits in the outbox. What it refused of the same kind about the same face
   * before is forgotten: an appliance that goes on doing what it may not would fill the list.
   */
  add(tx: WriteTx, number: number, code: string): void {
    tx.run(
      `DELETE FROM parked WHERE (kind, face_id) =
         (SELECT kind, face_id FROM outbox WHERE number = ? AND face_id IS NOT NULL)`,
      [number],
    );
    tx.run(
      `INSERT INTO parked (number, kind, collection_id, face_id, code, at)
       SELECT number, kind, collection_id, face_id, ?, at FROM outbox WHERE number = ? AND kind <> 'void'
       ON CONFLICT DO NOTHING`,
      [code, number],
    );
  }

  /** Oldest first. */
  list(tx: ReadTx): ParkedOperation[] {
    const columns = 'number, kind, collection_id AS collectionId, face_id AS faceId, code, at';
    return z.array(ParkedOperation).parse(tx.all(`SELECT ${columns} FROM parked ORDER BY number`, []));
  }

  /** Forget all. @returns what they were about */
  takeAll(tx: WriteTx): { kind: string; faceId: string | null }[] {
    const rows = tx.all('DELETE FROM parked RETURNING kind, face_id AS faceId', []);
    return z.array(PlaceRow).parse(rows);
  }

  /** Forget those about a face. */
  void(tx: WriteTx, faceId: string): void {
    tx.run('DELETE FROM parked WHERE face_id = ?', [faceId]);
  }
}
