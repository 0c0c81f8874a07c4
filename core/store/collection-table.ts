import { z } from 'zod';
import { Collection, LintelError } from '#contract';
import type { Statements } from './statements.ts';

const COLLECTION =
  'collection_id AS collectionId, description, created_at AS createdAt, updated_at AS updatedAt';

const Id = z.object({ id: z.int() });

/** The rows of collections, without what is in them. Call within a transaction. */
export class CollectionTable {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** @returns whether there was none of this name */
  add({ account, ...collection }: Collection & { readonly account: string }): boolean {
    const { collectionId, description, createdAt, updatedAt } = collection;
    const { changes } = this.#sql.run(
      `INSERT INTO collections (account, collection_id, description, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      [account, collectionId, description, createdAt, updatedAt],
    );
    return changes > 0;
  }

  /** @throws `collection-not-found` */
  get(account: string, collectionId: string): Collection {
    const row = this.#sql.get(
      `SELECT ${COLLECTION} FROM collections WHERE account = ? AND collection_id = ?`,
      [account, collectionId],
    );
    if (row === undefined) throw new LintelError('collection-not-found');
    return Collection.parse(row);
  }

  list(account: string): Collection[] {
    return z
      .array(Collection)
      .parse(
        this.#sql.all(`SELECT ${COLLECTION} FROM collections WHERE account = ? ORDER BY collection_id`, [
          account,
        ]),
      );
  }

  describe(account: string, collectionId: string, description: string | null, updatedAt: string): void {
    this.#sql.run(
      'UPDATE collections SET description = ?, updated_at = ? WHERE account = ? AND collection_id = ?',
      [description, updatedAt, account, collectionId],
    );
  }

  /** The row's own id. @throws `collection-not-found` */
  id(account: string, collectionId: string): number {
    const row = this.#sql.get('SELECT id FROM collections WHERE account = ? AND collection_id = ?', [
      account,
      collectionId,
    ]);
    if (row === undefined) throw new LintelError('collection-not-found');
    return Id.parse(row).id;
  }

  /** Of this very collection: another of the same name counts anew. @throws `collection-not-found` */
  counter(account: string, collectionId: string, name: 'revision' | 'removals'): string {
    const row = this.#sql.get(
      `SELECT id || '.' || ${name} AS value FROM collections WHERE account = ? AND collection_id = ?`,
      [account, collectionId],
    );
    if (row === undefined) throw new LintelError('collection-not-found');
    return z.object({ value: z.string() }).parse(row).value;
  }

  changed(id: number): void {
    this.#sql.run('UPDATE collections SET revision = revision + 1 WHERE id = ?', [id]);
  }
}
