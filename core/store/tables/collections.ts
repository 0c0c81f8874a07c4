import { z } from 'zod';
import { Collection, LintelError } from '#contract';
import type { Statements } from '../file/statements.ts';

const COLUMNS =
  'collection_id AS collectionId, description, created_at AS createdAt, updated_at AS updatedAt';

const Id = z.object({ id: z.int() });
const CounterRow = z.object({ value: z.string() });

/** The rows of collections. Call within a transaction. */
export class Collections {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** @throws `collection-exists` */
  create(account: string, { collectionId, description, createdAt, updatedAt }: Collection): void {
    const { changes } = this.#sql.run(
      `INSERT INTO collections (account, collection_id, description, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      [account, collectionId, description, createdAt, updatedAt],
    );
    if (changes === 0) throw new LintelError('collection-exists');
  }

  has(account: string, collectionId: string): boolean {
    const found = 'SELECT 1 FROM collections WHERE account = ? AND collection_id = ?';
    return this.#sql.get(found, [account, collectionId]) !== undefined;
  }

  /** @throws `collection-not-found` */
  get(account: string, collectionId: string): Collection {
    const row = this.#sql.get(`SELECT ${COLUMNS} FROM collections WHERE account = ? AND collection_id = ?`, [
      account,
      collectionId,
    ]);
    if (row === undefined) throw new LintelError('collection-not-found');
    return Collection.parse(row);
  }

  list(account: string): Collection[] {
    return this.#sql
      .all(`SELECT ${COLUMNS} FROM collections WHERE account = ? ORDER BY collection_id`, [account])
      .map((row) => Collection.parse(row));
  }

  describe(account: string, collectionId: string, description: string | null, now: string): void {
    this.#sql.run(
      'UPDATE collections SET description = ?, updated_at = ? WHERE account = ? AND collection_id = ?',
      [description, now, account, collectionId],
    );
  }

  delete(id: number): void {
    this.#sql.run('DELETE FROM collections WHERE id = ?', [id]);
  }

  /** @throws `collection-not-found` */
  id(account: string, collectionId: string): number {
    const row = this.#sql.get('SELECT id FROM collections WHERE account = ? AND collection_id = ?', [
      account,
      collectionId,
    ]);
    if (row === undefined) throw new LintelError('collection-not-found');
    return Id.parse(row).id;
  }

  /** The faces of this collection changed. */
  changed(id: number): void {
    this.#sql.run('UPDATE collections SET revision = revision + 1 WHERE id = ?', [id]);
  }

  /** Templates of this collection are gone, though their references may have stayed. */
  lost(id: number): void {
    this.#sql.run('UPDATE collections SET removals = removals + 1 WHERE id = ?', [id]);
  }

  /** The templates of all collections are others now. */
  renewed(): void {
    this.#sql.run('UPDATE collections SET revision = revision + 1', []);
  }

  /** Of this very collection: another of the same name counts anew. @throws `collection-not-found` */
  counter(account: string, collectionId: string, name: 'revision' | 'removals'): string {
    const row = this.#sql.get(
      `SELECT id || '.' || ${name} AS value FROM collections WHERE account = ? AND collection_id = ?`,
      [account, collectionId],
    );
    if (row === undefined) throw new LintelError('collection-not-found');
    return CounterRow.parse(row).value;
  }
}
