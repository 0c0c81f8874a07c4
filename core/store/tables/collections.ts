import { z } from 'zod';
import { Collection, LintelError } from '#contract';
import type { ReadTx, WriteTx } from '../file/transactions.ts';

const COLUMNS =
  'collection_id AS collectionId, description, created_at AS createdAt, updated_at AS updatedAt';

const Id = z.object({ id: z.int() });
const CounterRow = z.object({ value: z.string() });

/** The rows of collections. */
export class Collections {
  /** @throws `collection-exists` */
  create(
    tx: WriteTx,
    account: string,
    { collectionId, description, createdAt, updatedAt }: Collection,
  ): void {
    const { changes } = tx.run(
      `INSERT INTO collections (account, collection_id, description, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      [account, collectionId, description, createdAt, updatedAt],
    );
    if (changes === 0) throw new LintelError('collection-exists');
  }

  has(tx: ReadTx, account: string, collectionId: string): boolean {
    const found = 'SELECT 1 FROM collections WHERE account = ? AND collection_id = ?';
    return tx.get(found, [account, collectionId]) !== undefined;
  }

  /** @throws `collection-not-found` */
  get(tx: ReadTx, account: string, collectionId: string): Collection {
    const row = tx.get(`SELECT ${COLUMNS} FROM collections WHERE account = ? AND collection_id = ?`, [
      account,
      collectionId,
    ]);
    if (row === undefined) throw new LintelError('collection-not-found');
    return Collection.parse(row);
  }

  list(tx: ReadTx, account: string): Collection[] {
    return tx
      .all(`SELECT ${COLUMNS} FROM collections WHERE account = ? ORDER BY collection_id`, [account])
      .map((row) => Collection.parse(row));
  }

  describe(
    tx: WriteTx,
    account: string,
    collectionId: string,
    description: string | null,
    now: string,
  ): void {
    tx.run('UPDATE collections SET description = ?, updated_at = ? WHERE account = ? AND collection_id = ?', [
      description,
      now,
      account,
      collectionId,
    ]);
  }

  delete(tx: WriteTx, id: number): void {
    tx.run('DELETE FROM collections WHERE id = ?', [id]);
  }

  /** @throws `collection-not-found` */
  id(tx: ReadTx, account: string, collectionId: string): number {
    const row = tx.get('SELECT id FROM collections WHERE account = ? AND collection_id = ?', [
      account,
      collectionId,
    ]);
    if (row === undefined) throw new LintelError('collection-not-found');
    return Id.parse(row).id;
  }

  /** The faces of this collection changed. */
  changed(tx: WriteTx, id: number): void {
    tx.run('UPDATE collections SET revision = revision + 1 WHERE id = ?', [id]);
  }

  /** Templates of this collection are gone, though their references may have stayed. */
  lost(tx: WriteTx, id: number): void {
    tx.run('UPDATE collections SET removals = removals + 1 WHERE id = ?', [id]);
  }

  /** The templates of all collections are others now. */
  renewed(tx: WriteTx): void {
    tx.run('UPDATE collections SET revision = revision + 1', []);
  }

  /** A counter of this collection; a later collection of the same id has other values. @throws `collection-not-found` */
  counter(tx: ReadTx, account: string, collectionId: string, name: 'revision' | 'removals'): string {
    const row = tx.get(
      `SELECT id || '.' || ${name} AS value FROM collections WHERE account = ? AND collection_id = ?`,
      [account, collectionId],
    );
    if (row === undefined) throw new LintelError('collection-not-found');
    return CounterRow.parse(row).value;
  }
}
