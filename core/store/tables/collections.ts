import { z } from 'zod';
import { Collection, LintelError, MAX_COLLECTIONS } from '#contract';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

const COLUMNS =
  'collection_id AS "collectionId", description, created_at AS "createdAt", updated_at AS "updatedAt"';

const Id = z.object({ id: z.int() });
const Count = z.object({ count: z.int() });
const CounterRow = z.object({ value: z.string() });

/** The rows of collections. */
export class Collections {
  /** @throws `collection-exists` */
  async create(
    tx: WriteTx,
    account: string,
    { collectionId, description, createdAt, updatedAt }: Collection,
  ): Promise<void> {
    const { changes } = await tx.run(
      `INSERT INTO collections (account, collection_id, description, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?) ON CONFLICT (account, collection_id) DO NOTHING`,
      [account, collectionId, description, createdAt, updatedAt],
    );
    if (changes === 0) throw new LintelError('collection-exists');
  }

  /**
   * Whether a collection may be made that is not there. What comes from a server is taken without this question.
   * @throws `too-many-collections`
   */
  async requireRoom(tx: ReadTx, account: string, collectionId: string): Promise<void> {
    if (await this.has(tx, account, collectionId)) return;
    const row = await tx.get('SELECT count(*) AS count FROM collections WHERE account = ?', [account]);
    if (Count.parse(row).count >= MAX_COLLECTIONS) throw new LintelError('too-many-collections');
  }

  async has(tx: ReadTx, account: string, collectionId: string): Promise<boolean> {
    const found = 'SELECT 1 FROM collections WHERE account = ? AND collection_id = ?';
    return (await tx.get(found, [account, collectionId])) !== undefined;
  }

  /** @throws `collection-not-found` */
  async get(tx: ReadTx, account: string, collectionId: string): Promise<Collection> {
    const row = await tx.get(`SELECT ${COLUMNS} FROM collections WHERE account = ? AND collection_id = ?`, [
      account,
      collectionId,
    ]);
    if (row === undefined) throw new LintelError('collection-not-found');
    return Collection.parse(row);
  }

  async list(tx: ReadTx, account: string): Promise<Collection[]> {
    return (
      await tx.all(`SELECT ${COLUMNS} FROM collections WHERE account = ? ORDER BY collection_id`, [account])
    ).map((row) => Collection.parse(row));
  }

  async describe(
    tx: WriteTx,
    account: string,
    collectionId: string,
    description: string | null,
    now: string,
  ): Promise<void> {
    await tx.run(
      'UPDATE collections SET description = ?, updated_at = ? WHERE account = ? AND collection_id = ?',
      [description, now, account, collectionId],
    );
  }

  async delete(tx: WriteTx, id: number): Promise<void> {
    await tx.run('DELETE FROM collections WHERE id = ?', [id]);
  }

  /** @throws `collection-not-found` */
  async id(tx: ReadTx, account: string, collectionId: string): Promise<number> {
    const row = await tx.get('SELECT id FROM collections WHERE account = ? AND collection_id = ?', [
      account,
      collectionId,
    ]);
    if (row === undefined) throw new LintelError('collection-not-found');
    return Id.parse(row).id;
  }

  /** The faces of this collection changed. */
  async changed(tx: WriteTx, id: number): Promise<void> {
    await tx.run('UPDATE collections SET revision = revision + 1 WHERE id = ?', [id]);
  }

  /** References of this collection lost or got a template: who holds their templates is to compare them all. */
  async outdated(tx: WriteTx, id: number): Promise<void> {
    await tx.run('UPDATE collections SET removals = removals + 1 WHERE id = ?', [id]);
  }

  /** The templates of all collections are others now. */
  async renewed(tx: WriteTx): Promise<void> {
    await tx.run('UPDATE collections SET revision = revision + 1', []);
  }

  /** A counter of this collection; a later collection of the same id has other values. @throws `collection-not-found` */
  async counter(
    tx: ReadTx,
    account: string,
    collectionId: string,
    name: 'revision' | 'removals',
  ): Promise<string> {
    const row = await tx.get(
      `SELECT id || '.' || ${name} AS value FROM collections WHERE account = ? AND collection_id = ?`,
      [account, collectionId],
    );
    if (row === undefined) throw new LintelError('collection-not-found');
    return CounterRow.parse(row).value;
  }
}
