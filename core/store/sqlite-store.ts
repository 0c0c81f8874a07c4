import type Database from 'better-sqlite3-multiple-ciphers';
import { z } from 'zod';
import { LintelError, type Face } from '#contract';
import { AccountTable } from './account-table.ts';
import { Biometrics } from './biometrics.ts';
import { CollectionTable } from './collection-table.ts';
import { ReferenceTable } from './reference-table.ts';
import { ReplyTable } from './reply-table.ts';
import { FaceRow, folded, SecretRow } from './rows.ts';
import { RE_ENROL, ServingModels } from './serving-model.ts';
import { Statements } from './statements.ts';
import { Trash } from './trash.ts';
import type { FaceQuery, NewFace, NewReference, ReferencePage, Store } from './types.ts';

const FACE = `face_id AS faceId, external_key AS externalKey, metadata, created_at AS createdAt,
  updated_at AS updatedAt,
  (SELECT count(*) FROM face_references WHERE face_references.face = faces.id) AS referenceCount,
  (SELECT count(*) FROM face_references WHERE face_references.face = faces.id AND source = 'automatic')
    AS automaticReferenceCount,
  ${RE_ENROL} AS reEnrol`;

const Id = z.object({ id: z.int() });
const Total = z.object({ total: z.int() });
const FaceIdRow = FaceRow.pick({ faceId: true });

/** A {@link Store} in one SQLite file. SQLite's calls block, most for well under a millisecond. */
export class SqliteStore implements Store {
  readonly #database: Database.Database;
  readonly #sql: Statements;
  readonly #biometrics: Biometrics;
  readonly #models: ServingModels;
  readonly #collections: CollectionTable;
  readonly #references: ReferenceTable;
  readonly #trash: Trash;
  readonly accounts: AccountTable;
  readonly replies: ReplyTable;

  /** @param database open, of the present schema; belongs to this store from now on */
  constructor(database: Database.Database) {
    this.#database = database;
    this.#sql = new Statements(database);
    this.#biometrics = new Biometrics(this.#sql);
    this.#models = new ServingModels(this.#sql);
    this.#collections = new CollectionTable(this.#sql);
    this.#references = new ReferenceTable(this.#sql, this.#biometrics, this.#models);
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
      const collection = { collectionId, description, createdAt: now, updatedAt: now };
      if (!this.#collections.add({ account, ...collection })) throw new LintelError('collection-exists');
      return collection;
    });
  }

  getCollection(account: string, collectionId: string) {
    return this.#sql.read(() => this.#collections.get(account, collectionId));
  }

  listCollections(account: string) {
    return this.#sql.read(() => this.#collections.list(account));
  }

  updateCollection(account: string, collectionId: string, description: string | null) {
    return this.#sql.write(() => {
      this.#collections.describe(account, collectionId, description, timestamp());
      return this.#collections.get(account, collectionId);
    });
  }

  async resetCollection(account: string, collectionId: string) {
    await this.#sql.write(() => {
      const collection = this.#collections.get(account, collectionId);
      this.#trash.throwAway(account, collectionId);
      this.#collections.add({ account, ...collection });
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
      const collection = this.#collections.id(account, collectionId);
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
      this.#references.add(account, collection, id, face.references);
      this.#collections.changed(collection);
      return this.#face(collection, face.faceId);
    });
  }

  addReferences(account: string, collectionId: string, faceId: string, references: readonly NewReference[]) {
    return this.#sql.write(() => {
      const collection = this.#collections.id(account, collectionId);
      const face = this.#faceRow(collection, faceId);
      this.#references.add(account, collection, face, references);
      this.#sql.run('UPDATE faces SET updated_at = ? WHERE id = ?', [timestamp(), face]);
      this.#collections.changed(collection);
      return this.#face(collection, faceId);
    });
  }

  getFace(account: string, collectionId: string, faceId: string) {
    return this.#sql.read(() => this.#face(this.#collections.id(account, collectionId), faceId));
  }

  listFaces(account: string, collectionId: string, { query = '', offset = 0, limit = -1 }: FaceQuery = {}) {
    const matching = `FROM faces WHERE collection = @collection AND (@wanted = ''
      OR instr(folded(face_id), @wanted) OR instr(folded(external_key), @wanted)
      OR instr(folded(metadata ->> '$.name'), @wanted))`;
    return this.#sql.read(() => {
      const filter = { collection: this.#collections.id(account, collectionId), wanted: folded(query) };
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
      const collection = this.#collections.id(account, collectionId);
      const { changes } = this.#sql.run('DELETE FROM faces WHERE collection = ? AND face_id = ?', [
        collection,
        faceId,
      ]);
      if (changes > 0) this.#collections.changed(collection);
      return changes > 0;
    });
  }

  deleteFacesByExternalKey(account: string, collectionId: string, externalKey: string) {
    return this.#sql.write(() => {
      const collection = this.#collections.id(account, collectionId);
      const { changes } = this.#sql.run('DELETE FROM faces WHERE collection = ? AND external_key = ?', [
        collection,
        externalKey,
      ]);
      if (changes > 0) this.#collections.changed(collection);
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
      const collection = this.#collections.id(account, collectionId);
      const before = this.#face(collection, faceId);
      const holders = this.#faceIdsOf(collection, externalKey);
      if (!allowDuplicates && holders.some((holder) => holder !== faceId)) {
        throw new LintelError('external-key-in-use');
      }
      this.#sql.run(
        'UPDATE faces SET external_key = ?, updated_at = ? WHERE collection = ? AND face_id = ?',
        [externalKey, timestamp(), collection, faceId],
      );
      this.#collections.changed(collection);
      return before.externalKey === null ? ('created' as const) : ('updated' as const);
    });
  }

  removeExternalKey(account: string, collectionId: string, externalKey: string, faceId: string | null) {
    return this.#sql.write(() => {
      const collection = this.#collections.id(account, collectionId);
      const { changes } = this.#sql.run(
        `UPDATE faces SET external_key = NULL, updated_at = @now
         WHERE collection = @collection AND external_key = @externalKey
           AND (@faceId IS NULL OR face_id = @faceId)`,
        { now: timestamp(), collection, externalKey, faceId },
      );
      if (changes > 0) this.#collections.changed(collection);
      return changes;
    });
  }

  faceIdsByExternalKey(account: string, collectionId: string, externalKey: string) {
    return this.#sql.read(() => this.#faceIdsOf(this.#collections.id(account, collectionId), externalKey));
  }

  setAccessCode(account: string, collectionId: string, faceId: string, hash: Uint8Array) {
    return this.#sql.write(() => {
      const collection = this.#collections.id(account, collectionId);
      const face = this.#faceRow(collection, faceId);
      const { changes } = this.#sql.run('UPDATE OR IGNORE faces SET code_hash = ? WHERE id = ?', [
        Buffer.from(hash),
        face,
      ]);
      return changes > 0;
    });
  }

  faceByAccessCode(account: string, collectionId: string, hash: Uint8Array) {
    return this.#sql.read(() => {
      const collection = this.#collections.id(account, collectionId);
      const row = this.#sql.get(`SELECT ${FACE} FROM faces WHERE collection = ? AND code_hash = ?`, [
        collection,
        Buffer.from(hash),
      ]);
      return row === undefined ? null : FaceRow.parse(row);
    });
  }

  revision(account: string, collectionId: string) {
    return this.#sql.read(() => this.#collections.counter(account, collectionId, 'revision'));
  }

  removals(account: string, collectionId: string) {
    return this.#sql.read(() => this.#collections.counter(account, collectionId, 'removals'));
  }

  referenceIds(account: string, collectionId: string, modelId: string, page: ReferencePage = {}) {
    return this.#sql.read(() =>
      this.#references.ids(this.#collections.id(account, collectionId), modelId, page),
    );
  }

  references(account: string, modelId: string, referenceIds: readonly number[]) {
    return this.#sql.read(() => this.#biometrics.templates(account, modelId, referenceIds));
  }

  servingModel(account: string) {
    return this.#sql.read(() => this.#models.get(account));
  }

  modelCoverage(account: string, modelId: string) {
    return this.#sql.read(() => this.#models.coverage(account, modelId));
  }

  pendingReferences(account: string, modelId: string, limit: number) {
    return this.#sql.read(() => this.#models.pending(account, modelId, limit));
  }

  referenceImage(account: string, referenceId: number) {
    return this.#sql.read(() => this.#biometrics.image(account, referenceId));
  }

  addTemplate(account: string, referenceId: number, modelId: string, template: Float32Array | null) {
    return this.#sql.write(
      () =>
        this.#models.owns(account, referenceId) &&
        this.#biometrics.addTemplate(referenceId, modelId, template),
    );
  }

  switchModel(account: string, modelId: string) {
    return this.#sql.write(() => this.#models.switch(account, modelId));
  }

  faceReferences(account: string, collectionId: string, faceId: string, modelId: string) {
    return this.#sql.read(() => {
      const face = this.#faceRow(this.#collections.id(account, collectionId), faceId);
      return this.#biometrics.templates(account, modelId, this.#references.idsOf(face));
    });
  }

  removeAutomaticReferences(account: string, collectionId: string, faceId: string) {
    return this.#sql.write(() => {
      const collection = this.#collections.id(account, collectionId);
      const face = this.#faceRow(collection, faceId);
      if (this.#references.removeAutomatic(face) > 0) this.#collections.changed(collection);
      return this.#face(collection, faceId);
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
}

const timestamp = (): string => new Date().toISOString();
