import { z } from 'zod';
import { ParkedOperation } from '#contract';
import type { Statements } from '../file/statements.ts';

const PlaceRow = z.object({ kind: z.string(), faceId: z.string().nullable() });

/** Operations that the server refused, for an operator to see. Call within a transaction. */
export class Parked {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** The server will never apply this one, which waits in the outbox. */
  add(number: number, code: string): void {
    this.#sql.run(
      `INSERT INTO parked (number, kind, collection_id, face_id, code, at)
       SELECT number, kind, collection_id, face_id, ?, at FROM outbox WHERE number = ? AND kind <> 'void'
       ON CONFLICT DO NOTHING`,
      [code, number],
    );
  }

  /** Oldest first. */
  list(): ParkedOperation[] {
    const columns = 'number, kind, collection_id AS collectionId, face_id AS faceId, code, at';
    return z.array(ParkedOperation).parse(this.#sql.all(`SELECT ${columns} FROM parked ORDER BY number`, []));
  }

  /** Forget all. @returns what they were about */
  takeAll(): { kind: string; faceId: string | null }[] {
    const rows = this.#sql.all('DELETE FROM parked RETURNING kind, face_id AS faceId', []);
    return z.array(PlaceRow).parse(rows);
  }

  /** Forget those about a face. */
  void(faceId: string): void {
    this.#sql.run('DELETE FROM parked WHERE face_id = ?', [faceId]);
  }
}
