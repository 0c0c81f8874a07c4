import type Database from 'better-sqlite3-multiple-ciphers';
import { z } from 'zod';
import { Collection, LintelError, MAX_REFERENCES_PER_FACE, type Face } from '#contract';
import { AccountTable } from './account-table.ts';
import { ReplyTable } from './reply-table.ts';
import { FaceRow, folded, ReferenceRow, SecretRow, toBlob } from './rows.ts';
import { Statements } from './statements.ts';
import { Trash } from './trash.ts';
import type { FaceQuery, NewFace, NewReference, ReferencePage, Store, StoredReference } from './types.ts';

const COLLECTION =
  'collection_id AS collectionId, description, created_at AS createdAt, updated_at AS updatedAt';

const FACE = `face_id AS faceId, external_key AS externalKey, metadata, created_at AS createdAt,
  updated_at AS updatedAt,
  (SELECT count(*) FROM face_references WHERE face_references.face = faces.id) AS referenceCount`;

const Id = z.object({ id: z.int() });
const Total = z.object({ total: z.int() });
const FaceIdRow = FaceRow.pick({ faceId: true });

/** A {@link Store} in one SQLite file. SQLite's calls block, most for well under a millisecond. */
export class SqliteStore implements Store {
  readonly #database: Database.Database;
  readonly #sql: Statements;
  readonly #trash: Trash;
  readonly accounts: AccountTable;
  readonly replies: ReplyTable;

  /** @param database open, of the present schema; belongs to this store from now on */
  constructor(database: Database.Database) {
    this.#database = database;
    this.#sql = new Statements(database);
    this.#trash = new Trash(this.#sql);
    this.accounts = new AccountTable(this.#sql);
    this.replies = new ReplyTable(this.#sql);
    database.function('folded', { deterministic: true }, folded);
  }

  /** Remove what a crash left of collections that were reset or deleted. */
  emptyTrash(): Promise<void> {
    return this.#trash.empty();
  }

  createCollection(account: string, collectionId: string, description: string | null = null) {
    return this.#sql.write(() => {
      const now = timestamp();
      const { changes } = this.#sql.run(
        `INSERT INTO collections (account, collection_id, description, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        [account, collectionId, description, now, now],
      );
      if (changes === 0) throw new LintelError('collection-exists');
      return this.#collection(account, collectionId);
    });
  }

  getCollection(account: string, collectionId: string) {
    return this.#sql.read(() => this.#collection(account, collectionId));
  }

  listCollections(account: string) {
    return this.#sql.read(() =>
      this.#sql
        .all(`SELECT ${COLLECTION} FROM collections WHERE account = ? ORDER BY collection_id`, [account])
        .map((row) => Collection.parse(row)),
    );
  }

  updateCollection(account: string, collectionId: string, description: string | null) {
    return this.#sql.write(() => {
      this.#sql.run(
        'UPDATE collections SET description = ?, updated_at = ? WHERE account = ? AND collection_id = ?',
        [description, timestamp(), account, collectionId],
      );
      return this.#collection(account, collectionId);
    });
  }

  async resetCollection(account: string, collectionId: string) {
    await this.#sql.write(() => {
      const { description, createdAt, updatedAt } = this.#collection(account, collectionId);
      this.#trash.throwAway(account, collectionId);
      this.#sql.run(
        `INSERT INTO collections (account, collection_id, description, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?)`,
        [account, collectionId, description, createdAt, updatedAt],
      );
    });
    await this.#trash.empty();
  }

  async deleteCollection(account: string, collectionId: string) {
    const existed = await this.#sql.write(() => this.#trash.throwAway(account, collectionId));
    await this.#trash.empty();
    return existed;
  }

  addFace(account: string, collectionId: string, face: NewFace) {
    return this.#sql.write(() => {
      const collection = this.#id(account, collectionId);
      const externalKey = face.externalKey ?? null;
      if (externalKey !== null && this.#faceIdsOf(collection, externalKey).length > 0) {
        throw new LintelError('external-key-in-use');
      }
      const now = timestamp();
      const { id } = this.#sql.run(
        `INSERT INTO faces (collection, face_id, external_key, metadata, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
        [collection, face.faceId, externalKey, JSON.stringify(face.metadata ?? {}), now, now],
      );
      this.#insertReferences(collection, id, face.references);
      this.#changed(collection);
      return this.#face(collection, face.faceId);
    });
  }

  addReferences(account: string, collectionId: string, faceId: string, references: readonly NewReference[]) {
    return this.#sql.write(() => {
      const collection = this.#id(account, collectionId);
      const face = this.#faceRow(collection, faceId);
      this.#insertReferences(collection, face, references);
      this.#sql.run('UPDATE faces SET updated_at = ? WHERE id = ?', [timestamp(), face]);
      this.#changed(collection);
      return this.#face(collection, faceId);
    });
  }

  getFace(account: string, collectionId: string, faceId: string) {
    return this.#sql.read(() => this.#face(this.#id(account, collectionId), faceId));
  }

  listFaces(account: string, collectionId: string, { query = '', offset = 0, limit = -1 }: FaceQuery = {}) {
    const matching = `FROM faces WHERE collection = @collection AND (@wanted = ''
      OR instr(folded(face_id), @wanted) OR instr(folded(external_key), @wanted)
      OR instr(folded(metadata ->> '$.name'), @wanted))`;
    return this.#sql.read(() => {
      const filter = { collection: this.#id(account, collectionId), wanted: folded(query) };
      const faces = this.#sql.all(`SELECT ${FACE} ${matching} ORDER BY id LIMIT @limit OFFSET @offset`, {
        ...filter,
        limit,
        offset,
      });
      const { total } = Total.parse(this.#sql.get(`SELECT count(*) AS total ${matching}`, filter));
      return { faces: z.array(FaceRow).parse(faces), total };
    });
  }

  deleteFace(account: string, collectionId: string, faceId: string) {
    return this.#sql.write(() => {
      const collection = this.#id(account, collectionId);
      const { changes } = this.#sql.run('DELETE FROM faces WHERE collection = ? AND face_id = ?', [
        collection,
        faceId,
      ]);
      if (changes > 0) this.#changed(collection);
      return changes > 0;
    });
  }

  deleteFacesByExternalKey(account: string, collectionId: string, externalKey: string) {
    return this.#sql.write(() => {
      const collection = this.#id(account, collectionId);
      const { changes } = this.#sql.run('DELETE FROM faces WHERE collection = ? AND external_key = ?', [
        collection,
        externalKey,
      ]);
      if (changes > 0) this.#changed(collection);
      return changes;
    });
  }

  setExternalKey(
    account: string,
    collectionId: string,
    faceId: string,
    externalKey: string,
    allowDuplicates: boolean,
  ) {
    return this.#sql.write(() => {
      const collection = this.#id(account, collectionId);
      const before = this.#face(collection, faceId);
      const holders = this.#faceIdsOf(collection, externalKey);
      if (!allowDuplicates && holders.some((holder) => holder !== faceId)) {
        throw new LintelError('external-key-in-use');
      }
      this.#sql.run(
        'UPDATE faces SET external_key = ?, updated_at = ? WHERE collection = ? AND face_id = ?',
        [externalKey, timestamp(), collection, faceId],
      );
      this.#changed(collection);
      return before.externalKey === null ? ('created' as const) : ('updated' as const);
    });
  }

  removeExternalKey(account: string, collectionId: string, externalKey: string, faceId: string | null) {
    return this.#sql.write(() => {
      const collection = this.#id(account, collectionId);
      const { changes } = this.#sql.run(
        `UPDATE faces SET external_key = NULL, updated_at = @now
         WHERE collection = @collection AND external_key = @externalKey
           AND (@faceId IS NULL OR face_id = @faceId)`,
        { now: timestamp(), collection, externalKey, faceId },
      );
      if (changes > 0) this.#changed(collection);
      return changes;
    });
  }

  faceIdsByExternalKey(account: string, collectionId: string, externalKey: string) {
    return this.#sql.read(() => this.#faceIdsOf(this.#id(account, collectionId), externalKey));
  }

  revision(account: string, collectionId: string) {
    return this.#counter(account, collectionId, 'revision');
  }

  removals(account: string, collectionId: string) {
    return this.#counter(account, collectionId, 'removals');
  }

  referenceIds(
    account: string,
    collectionId: string,
    modelId: string,
    { after = 0, upTo = Number.MAX_SAFE_INTEGER, limit = -1 }: ReferencePage = {},
  ) {
    return this.#sql.read(() => {
      const rows = this.#sql.all(
        `SELECT id FROM face_references WHERE collection = ? AND model_id = ? AND id > ? AND id <= ?
         ORDER BY id LIMIT ?`,
        [this.#id(account, collectionId), modelId, after, upTo, limit],
      );
      return z
        .array(Id)
        .parse(rows)
        .map(({ id }) => id);
    });
  }

  references(account: string, referenceIds: readonly number[]): Promise<StoredReference[]> {
    return this.#sql.read(() => {
      const rows = this.#sql.all(
        `SELECT face_references.id AS referenceId, face_id AS faceId, template
         FROM json_each(?) AS wanted
         JOIN face_references ON face_references.id = wanted.value
         JOIN faces ON faces.id = face_references.face
         JOIN collections ON collections.id = face_references.collection
         WHERE account = ?`,
        [JSON.stringify(referenceIds), account],
      );
      return z.array(ReferenceRow).parse(rows);
    });
  }

  getSecret(name: string): Promise<Uint8Array | null> {
    return this.#sql.read(() => {
      const row = this.#sql.get('SELECT value FROM secrets WHERE name = ?', [name]);
      return row === undefined ? null : SecretRow.parse(row).value;
    });
  }

  setSecret(name: string, value: Uint8Array | null): Promise<void> {
    return this.#sql.write(() => {
      if (value === null) this.#sql.run('DELETE FROM secrets WHERE name = ?', [name]);
      else
        this.#sql.run('INSERT OR REPLACE INTO secrets (name, value) VALUES (?, ?)', [
          name,
          Buffer.from(value),
        ]);
    });
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #collection(account: string, collectionId: string): Collection {
    const row = this.#sql.get(
      `SELECT ${COLLECTION} FROM collections WHERE account = ? AND collection_id = ?`,
      [account, collectionId],
    );
    if (row === undefined) throw new LintelError('collection-not-found');
    return Collection.parse(row);
  }

  #id(account: string, collectionId: string): number {
    const row = this.#sql.get('SELECT id FROM collections WHERE account = ? AND collection_id = ?', [
      account,
      collectionId,
    ]);
    if (row === undefined) throw new LintelError('collection-not-found');
    return Id.parse(row).id;
  }

  #counter(account: string, collectionId: string, name: 'revision' | 'removals'): Promise<string> {
    return this.#sql.read(() => {
      const row = this.#sql.get(
        `SELECT id || '.' || ${name} AS value FROM collections WHERE account = ? AND collection_id = ?`,
        [account, collectionId],
      );
      if (row === undefined) throw new LintelError('collection-not-found');
      return z.object({ value: z.string() }).parse(row).value;
    });
  }

  #faceRow(collection: number, faceId: string): number {
    const row = this.#sql.get('SELECT id FROM faces WHERE collection = ? AND face_id = ?', [
      collection,
      faceId,
    ]);
    if (row === undefined) throw new LintelError('face-not-found');
    return Id.parse(row).id;
  }

  #face(collection: number, faceId: string): Face {
    const row = this.#sql.get(`SELECT ${FACE} FROM faces WHERE collection = ? AND face_id = ?`, [
      collection,
      faceId,
    ]);
    if (row === undefined) throw new LintelError('face-not-found');
    return FaceRow.parse(row);
  }

  #faceIdsOf(collection: number, externalKey: string): string[] {
    const rows = this.#sql.all(
      'SELECT face_id AS faceId FROM faces WHERE collection = ? AND external_key = ? ORDER BY id',
      [collection, externalKey],
    );
    return z
      .array(FaceIdRow)
      .parse(rows)
      .map(({ faceId }) => faceId);
  }

  #insertReferences(collection: number, face: number, references: readonly NewReference[]): void {
    for (const { modelId, template, quality, source } of references) {
      this.#sql.run(
        `INSERT INTO face_references (collection, face, model_id, template, quality, source, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        [collection, face, modelId, toBlob(template), quality, source, timestamp()],
      );
    }
    const count = this.#sql.get('SELECT count(*) AS total FROM face_references WHERE face = ?', [face]);
    if (Total.parse(count).total > MAX_REFERENCES_PER_FACE) throw new LintelError('too-many-references');
  }

  #changed(collection: number): void {
    this.#sql.run('UPDATE collections SET revision = revision + 1 WHERE id = ?', [collection]);
  }
}

const timestamp = (): string => new Date().toISOString();
