import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Conflict } from '#contract';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

const COLUMNS = `conflict_id AS "conflictId", kind, collection_id AS "collectionId", first_face AS "firstFaceId",
  second_face AS "secondFaceId", external_key AS "externalKey", confidence, created_at AS "createdAt"`;

/** What an operator has to decide. A conflict ends with its decision, or with one of its faces. */
export class Conflicts {
  /** In order of their making. */
  async list(tx: ReadTx, account: string): Promise<Conflict[]> {
    const rows = await tx.all(
      `SELECT ${COLUMNS} FROM conflicts WHERE account = ? ORDER BY created_at, conflict_id`,
      [account],
    );
    return z.array(Conflict).parse(rows);
  }

  async get(tx: ReadTx, account: string, conflictId: string): Promise<Conflict | null> {
    const row = await tx.get(`SELECT ${COLUMNS} FROM conflicts WHERE account = ? AND conflict_id = ?`, [
      account,
      conflictId,
    ]);
    return row === undefined ? null : Conflict.parse(row);
  }

  /** A new one, unless there is one of its kind, and about the same key, between the two faces. */
  async open(
    tx: WriteTx,
    account: string,
    conflict: Omit<Conflict, 'conflictId' | 'createdAt'>,
  ): Promise<void> {
    const { kind, firstFaceId, secondFaceId, externalKey } = conflict;
    const known = await tx.get(
      `SELECT 1 FROM conflicts WHERE account = @account AND kind = @kind AND external_key IS NOT DISTINCT FROM @externalKey
       AND (first_face, second_face) IN ((@firstFaceId, @secondFaceId), (@secondFaceId, @firstFaceId))`,
      { account, kind, firstFaceId, secondFaceId, externalKey },
    );
    if (known !== undefined) return;
    const conflictId = `conf_${randomBytes(16).toString('hex')}`;
    await this.put(tx, account, { ...conflict, conflictId, createdAt: new Date().toISOString() });
  }

  /** As it came from the server. */
  async put(tx: WriteTx, account: string, conflict: Conflict): Promise<void> {
    const { conflictId, kind, collectionId, firstFaceId, secondFaceId, externalKey, confidence, createdAt } =
      conflict;
    await tx.run(
      `INSERT INTO conflicts (account, conflict_id, kind, collection_id, first_face, second_face, external_key,
         confidence, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (account, conflict_id) DO UPDATE SET first_face = excluded.first_face`,
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
  async end(tx: WriteTx, account: string, conflictId: string): Promise<boolean> {
    return (
      (await tx.run('DELETE FROM conflicts WHERE account = ? AND conflict_id = ?', [account, conflictId]))
        .changes > 0
    );
  }

  /** Until they come again. */
  async endAll(tx: WriteTx, account: string): Promise<void> {
    await tx.run('DELETE FROM conflicts WHERE account = ?', [account]);
  }
}
