import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Conflict } from '#contract';
import type { ReadTx, WriteTx } from '../file/transactions.ts';

const COLUMNS = `conflict_id AS conflictId, kind, collection_id AS collectionId, first_face AS firstFaceId,
  second_face AS secondFaceId, external_key AS externalKey, confidence, created_at AS createdAt`;

/** What an operator has to decide. A conflict ends with its decision, or with one of its faces. */
export class Conflicts {
  /** In order of their making. */
  list(tx: ReadTx, account: string): Conflict[] {
    const rows = tx.all(
      `SELECT ${COLUMNS} FROM conflicts WHERE account = ? ORDER BY created_at, conflict_id`,
      [account],
    );
    return z.array(Conflict).parse(rows);
  }

  get(tx: ReadTx, account: string, conflictId: string): Conflict | null {
    const row = tx.get(`SELECT ${COLUMNS} FROM conflicts WHERE account = ? AND conflict_id = ?`, [
      account,
      conflictId,
    ]);
    return row === undefined ? null : Conflict.parse(row);
  }

  /** A new one, unless there is one of its kind, and about the same key, between the two faces. */
  open(tx: WriteTx, account: string, conflict: Omit<Conflict, 'conflictId' | 'createdAt'>): void {
    const { kind, firstFaceId, secondFaceId, externalKey } = conflict;
    const known = tx.get(
      `SELECT 1 FROM conflicts WHERE account = @account AND kind = @kind AND external_key IS @externalKey
       AND (first_face, second_face) IN ((@firstFaceId, @secondFaceId), (@secondFaceId, @firstFaceId))`,
      { account, kind, firstFaceId, secondFaceId, externalKey },
    );
    if (known !== undefined) return;
    const conflictId = `conf_${randomBytes(16).toString('hex')}`;
    this.put(tx, account, { ...conflict, conflictId, createdAt: new Date().toISOString() });
  }

  /** As it came from the server. */
  put(tx: WriteTx, account: string, conflict: Conflict): void {
    const { conflictId, kind, collectionId, firstFaceId, secondFaceId, externalKey, confidence, createdAt } =
      conflict;
    tx.run(
      `INSERT INTO conflicts (account, conflict_id, kind, collection_id, first_face, second_face, external_key,
         confidence, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET first_face = excluded.first_face`,
      [
        account,
        conflictId,
        kind,
        collectionId,
        firstFaceId,
        secondFaceId,
        externalKey,
        confidence,
        createdAt,
      ],
    );
  }

  /** @returns whether it was there */
  end(tx: WriteTx, account: string, conflictId: string): boolean {
    return (
      tx.run('DELETE FROM conflicts WHERE account = ? AND conflict_id = ?', [account, conflictId]).changes > 0
    );
  }

  /** Until they come again. */
  endAll(tx: WriteTx, account: string): void {
    tx.run('DELETE FROM conflicts WHERE account = ?', [account]);
  }
}
