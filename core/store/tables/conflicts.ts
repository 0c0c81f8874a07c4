import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Conflict } from '#contract';
import type { Statements } from '../file/statements.ts';

const COLUMNS = `conflict_id AS conflictId, kind, collection_id AS collectionId, first_face AS firstFaceId,
  second_face AS secondFaceId, external_key AS externalKey, confidence, created_at AS createdAt`;

/** What an operator has to decide. A conflict ends with its decision, or with one of its faces. Call within a transaction. */
export class Conflicts {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** In order of their making. */
  list(account: string): Conflict[] {
    const rows = this.#sql.all(
      `SELECT ${COLUMNS} FROM conflicts WHERE account = ? ORDER BY created_at, conflict_id`,
      [account],
    );
    return z.array(Conflict).parse(rows);
  }

  get(account: string, conflictId: string): Conflict | null {
    const row = this.#sql.get(`SELECT ${COLUMNS} FROM conflicts WHERE account = ? AND conflict_id = ?`, [
      account,
      conflictId,
    ]);
    return row === undefined ? null : Conflict.parse(row);
  }

  /** A new one, unless there is one of its kind, and about the same key, between the two faces. */
  open(account: string, conflict: Omit<Conflict, 'conflictId' | 'createdAt'>): void {
    const { kind, firstFaceId, secondFaceId, externalKey } = conflict;
    const known = this.#sql.get(
      `SELECT 1 FROM conflicts WHERE account = @account AND kind = @kind AND external_key IS @externalKey
       AND (first_face, second_face) IN ((@firstFaceId, @secondFaceId), (@secondFaceId, @firstFaceId))`,
      { account, kind, firstFaceId, secondFaceId, externalKey },
    );
    if (known !== undefined) return;
    const conflictId = `conf_${randomBytes(16).toString('hex')}`;
    this.put(account, { ...conflict, conflictId, createdAt: new Date().toISOString() });
  }

  /** As it came from the server. */
  put(account: string, conflict: Conflict): void {
    const { conflictId, kind, collectionId, firstFaceId, secondFaceId, externalKey, confidence, createdAt } =
      conflict;
    this.#sql.run(
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
  end(account: string, conflictId: string): boolean {
    return (
      this.#sql.run('DELETE FROM conflicts WHERE account = ? AND conflict_id = ?', [account, conflictId])
        .changes > 0
    );
  }

  /** Until they come again. */
  endAll(account: string): void {
    this.#sql.run('DELETE FROM conflicts WHERE account = ?', [account]);
  }
}
