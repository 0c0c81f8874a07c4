import type Database from 'better-sqlite3-multiple-ciphers';
import { z } from 'zod';
import { Collection, LintelError, MAX_REFERENCES_PER_FACE, type Face } from '#contract';
import { Biometrics } from './biometrics.ts';
import { FaceRow, folded, SecretRow } from './rows.ts';
import { RE_ENROL, ServingModels } from './serving-model.ts';
import { Statements } from './statements.ts';
import type { FaceQuery, NewFace, NewReference, Store } from './types.ts';

const COLLECTION =
  'collection_id AS collectionId, description, created_at AS createdAt, updated_at AS updatedAt';

const FACE = `face_id AS faceId, external_key AS externalKey, metadata, created_at AS createdAt,
  updated_at AS updatedAt,
  (SELECT count(*) FROM face_references WHERE face_references.face = faces.id) AS referenceCount,
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

  /** @param database open, of the present schema; belongs to this store from now on */
  constructor(database: Database.Database) {
    this.#database = database;
    this.#sql = new Statements(database);
    this.#biometrics = new Biometrics(this.#sql);
    this.#models = new ServingModels(this.#sql);
    database.function('folded', { deterministic: true }, folded);
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

  resetCollection(account: string, collectionId: string) {
    return this.#sql.write(() => {
      const collection = this.#id(account, collectionId);
      this.#sql.run('DELETE FROM faces WHERE collection = ?', [collection]);
      this.#changed(collection);
    });
  }

  deleteCollection(account: string, collectionId: string) {
    return this.#sql.write(
      () =>
        this.#sql.run('DELETE FROM collections WHERE account = ? AND collection_id = ?', [
          account,
          collectionId,
        ]).changes > 0,
    );
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
      this.#insertReferences(account, collection, id, face.references);
      this.#changed(collection);
      return this.#face(collection, face.faceId);
    });
  }

  addReferences(account: string, collectionId: string, faceId: string, references: readonly NewReference[]) {
    return this.#sql.write(() => {
      const collection = this.#id(account, collectionId);
      const face = this.#faceRow(collection, faceId);
      this.#insertReferences(account, collection, face, references);
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

  faceIdsByExternalKey(account: string, collectionId: string, externalKey: string) {
    return this.#sql.read(() => this.#faceIdsOf(this.#id(account, collectionId), externalKey));
  }

  revision(account: string, collectionId: string) {
    return this.#sql.read(() => {
      const row = this.#sql.get(
        `SELECT id || '.' || revision AS revision FROM collections WHERE account = ? AND collection_id = ?`,
        [account, collectionId],
      );
      if (row === undefined) throw new LintelError('collection-not-found');
      return z.object({ revision: z.string() }).parse(row).revision;
    });
  }

  referenceIds(account: string, collectionId: string, modelId: string) {
    return this.#sql.read(() => {
      const rows = this.#sql.all(
        `SELECT id FROM face_references
         JOIN templates ON templates.reference = id AND template IS NOT NULL
         WHERE collection = ? AND model_id = ? ORDER BY id`,
        [this.#id(account, collectionId), modelId],
      );
      return z
        .array(Id)
        .parse(rows)
        .map(({ id }) => id);
    });
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

  #insertReferences(
    account: string,
    collection: number,
    face: number,
    references: readonly NewReference[],
  ): void {
    for (const { modelId, template, quality, source, image, additional = [] } of references) {
      this.#models.require(account, modelId);
      const now = timestamp();
      const { id } = this.#sql.run(
        'INSERT INTO face_references (collection, face, quality, source, created_at) VALUES (?, ?, ?, ?, ?)',
        [collection, face, quality, source, now],
      );
      for (const made of [{ modelId, template }, ...additional]) {
        this.#biometrics.addTemplate(id, made.modelId, made.template);
      }
      if (image !== undefined) this.#biometrics.addImage(id, image, now);
    }
    const count = this.#sql.get('SELECT count(*) AS total FROM face_references WHERE face = ?', [face]);
    if (Total.parse(count).total > MAX_REFERENCES_PER_FACE) throw new LintelError('too-many-references');
  }

  #changed(collection: number): void {
    this.#sql.run('UPDATE collections SET revision = revision + 1 WHERE id = ?', [collection]);
  }
}

const timestamp = (): string => new Date().toISOString();
