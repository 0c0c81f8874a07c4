import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3-multiple-ciphers';
import { LintelError, type Actor, type AuditEntry, type ErasedFace } from '#contract';
import { PROTECTION_KEY_BYTES } from '#core/matching';
import { AuditTable } from './audit-table.ts';
import { Biometrics } from './biometrics.ts';
import { Collections } from './collections.ts';
import { Erasure } from './erasure.ts';
import { Faces } from './faces.ts';
import { References } from './references.ts';
import { requireRoom } from './room.ts';
import { folded } from './rows.ts';
import { Scrubber, type Contains } from './scrubber.ts';
import { Secrets } from './secrets.ts';
import { ServingModels } from './serving-model.ts';
import { SqliteAuditLog } from './sqlite-audit-log.ts';
import { stateHash } from './state-hash.ts';
import { Statements } from './statements.ts';
import { Tombstones } from './tombstones.ts';
import type { AuditLog, FaceQuery, NewFace, NewReference, Store } from './types.ts';

/** What the store consists of: one connection, and who knows which of its tables. */
function partsOf(database: Database.Database, contains: Contains) {
  database.function('folded', { deterministic: true }, folded);
  const sql = new Statements(database);
  const secrets = new Secrets(sql);
  const biometrics = new Biometrics(sql, secrets);
  const models = new ServingModels(sql);
  const tombstones = new Tombstones(sql);
  const audit = new AuditTable(sql, secrets);
  const collections = new Collections(sql);
  const faces = new Faces(sql);
  return {
    database,
    contains,
    sql,
    secrets,
    biometrics,
    models,
    tombstones,
    audit,
    collections,
    faces,
    references: new References(sql, biometrics, models),
    erasure: new Erasure(audit, tombstones, collections, faces),
    scrubber: new Scrubber(database, sql, tombstones, audit, contains),
  };
}

/** A {@link Store} in one SQLite file. SQLite's calls block, most for well under a millisecond. */
export class SqliteStore implements Store {
  readonly #parts: ReturnType<typeof partsOf>;
  readonly #actor: Actor;
  readonly #folder: string;
  readonly audit: AuditLog;

  private constructor(parts: ReturnType<typeof partsOf>, actor: Actor) {
    this.#parts = parts;
    this.#actor = actor;
    this.#folder = dirname(parts.database.name);
    this.audit = new SqliteAuditLog(parts.sql, parts.audit, actor);
  }

  /**
   * @param database open, of the present schema; belongs to the store from now on
   * @param contains whether traces are left in the file; by default taken for granted
   */
  static over(database: Database.Database, contains: Contains = () => Promise.resolve(true)): SqliteStore {
    return new SqliteStore(partsOf(database, contains), 'device');
  }

  as(actor: Actor): Store {
    return new SqliteStore(this.#parts, actor);
  }

  createCollection(account: string, collectionId: string, description: string | null = null) {
    return this.#write(({ collections }) => {
      collections.create(account, collectionId, description, timestamp());
      this.#record({ kind: 'collection-created', account, collectionId });
      return collections.get(account, collectionId);
    });
  }

  getCollection(account: string, collectionId: string) {
    return this.#read(({ collections }) => collections.get(account, collectionId));
  }

  listCollections(account: string) {
    return this.#read(({ collections }) => collections.list(account));
  }

  updateCollection(account: string, collectionId: string, description: string | null) {
    return this.#write(({ collections }) => {
      collections.describe(account, collectionId, description, timestamp());
      const updated = collections.get(account, collectionId);
      this.#record({ kind: 'collection-updated', account, collectionId });
      return updated;
    });
  }

  resetCollection(account: string, collectionId: string) {
    return this.#write(({ collections, faces, erasure }) => {
      const collection = collections.id(account, collectionId);
      const gone = faces.deleteAll(collection).map((faceId) => ({ collectionId, faceId }));
      const entry = { kind: 'collection-reset', account, collectionId, faces: gone.length } as const;
      erasure.bury(this.#actor, account, gone, entry);
      collections.changed(collection);
    });
  }

  deleteCollection(account: string, collectionId: string) {
    return this.#write(({ collections, faces, erasure }) => {
      if (!collections.has(account, collectionId)) return false;
      const collection = collections.id(account, collectionId);
      const gone = faces.deleteAll(collection).map((faceId) => ({ collectionId, faceId }));
      const entry = { kind: 'collection-deleted', account, collectionId, faces: gone.length } as const;
      erasure.bury(this.#actor, account, gone, entry);
      collections.delete(collection);
      return true;
    });
  }

  addFace(account: string, collectionId: string, face: NewFace) {
    return this.#write(({ collections, faces, biometrics, references, tombstones }) => {
      requireRoom(this.#folder);
      const collection = collections.id(account, collectionId);
      tombstones.refuse(account, face.faceId);
      const now = timestamp();
      const id = faces.add(collection, face, now);
      biometrics.addKey(id);
      references.add(account, collection, id, face.references, now);
      collections.changed(collection);
      const { faceId, references: added } = face;
      this.#record({ kind: 'enrolled', account, collectionId, faceId, references: added.length });
      return faces.get(collection, faceId);
    });
  }

  addReferences(account: string, collectionId: string, faceId: string, added: readonly NewReference[]) {
    return this.#write(({ collections, faces, references, tombstones, audit }) => {
      requireRoom(this.#folder);
      const collection = collections.id(account, collectionId);
      const face = faces.id(collection, faceId);
      const now = timestamp();
      const removed = references.add(account, collection, face, added, now);
      faces.touch(face, now);
      collections.changed(collection);
      const actor = added.every(({ source }) => source === 'automatic') ? 'device' : this.#actor;
      const entry = { kind: 'references-added', account, collectionId, faceId } as const;
      const { n } = audit.append(actor, { ...entry, references: added.length });
      if (removed > 0) tombstones.requireScrub(n);
      return faces.get(collection, faceId);
    });
  }

  getFace(account: string, collectionId: string, faceId: string) {
    return this.#read(({ collections, faces }) => faces.get(collections.id(account, collectionId), faceId));
  }

  listFaces(account: string, collectionId: string, query: FaceQuery = {}) {
    return this.#read(({ collections, faces }) => faces.list(collections.id(account, collectionId), query));
  }

  deleteFace(account: string, collectionId: string, faceId: string) {
    return this.#write(({ collections, faces, erasure }) => {
      const collection = collections.id(account, collectionId);
      if (!faces.delete(collection, faceId)) return false;
      const entry = { kind: 'face-deleted', account, collectionId, faceId } as const;
      erasure.bury(this.#actor, account, [{ collectionId, faceId }], entry);
      collections.changed(collection);
      return true;
    });
  }

  async erase(account: string, who: { faceId: string } | { externalKey: string }) {
    const { gone, n, traces } = await this.#write(({ faces, erasure, tombstones }) => {
      const gone = faces.find(account, who);
      if (gone.length === 0) throw new LintelError('face-not-found');
      const earlier = tombstones.scrubRequired;
      const found = erasure.remove(account, gone);
      const n = erasure.bury(this.#actor, account, gone, { kind: 'erased', account, faces: gone });
      // What earlier deletions left, nobody can search for any more.
      return { gone, n, traces: earlier ? null : found };
    });
    await this.#parts.scrubber.scrub(traces);
    return await this.#write(({ erasure }) => erasure.receipt(account, gone, n));
  }

  async receipt(account: string, faceId: string) {
    const { collectionId, n } = await this.#read(({ tombstones }) => tombstones.get(account, faceId));
    await this.scrub();
    return await this.#write(({ erasure }) => erasure.receipt(account, [{ collectionId, faceId }], n));
  }

  async scrub(): Promise<boolean> {
    const required = await this.#read(({ tombstones }) => tombstones.scrubRequired);
    if (required) await this.#parts.scrubber.scrub(null);
    return required;
  }

  tombstones() {
    return this.#read(({ tombstones }) => tombstones.all());
  }

  /** Make sure that faces which were deleted elsewhere are not here and cannot come. @returns how many were here */
  forget(gone: readonly (ErasedFace & { readonly account: string })[]): Promise<number> {
    return this.#write(({ faces, erasure, tombstones }) => {
      let count = 0;
      for (const { account, collectionId, faceId } of gone) {
        if (tombstones.has(account, faceId)) continue;
        const found = faces.find(account, { faceId });
        erasure.remove(account, found);
        count += found.length;
        const buried = [{ collectionId, faceId }];
        erasure.bury(this.#actor, account, buried, { kind: 'erased', account, faces: buried });
      }
      return count;
    });
  }

  personalData(account: string, collectionId: string, faceId: string) {
    return this.#write(({ collections, faces, biometrics }) => {
      const collection = collections.id(account, collectionId);
      const face = faces.get(collection, faceId);
      this.#record({ kind: 'exported', what: 'person', faceId });
      return { face, references: biometrics.personal(account, faces.id(collection, faceId)) };
    });
  }

  setExternalKey(
    account: string,
    collectionId: string,
    faceId: string,
    externalKey: string,
    allowDuplicates: boolean,
  ) {
    return this.#write(({ collections, faces, tombstones }) => {
      const collection = collections.id(account, collectionId);
      const before = faces.get(collection, faceId);
      const holders = faces.withKey(collection, externalKey);
      if (!allowDuplicates && holders.some((holder) => holder !== faceId)) {
        throw new LintelError('external-key-in-use');
      }
      faces.setKey(faces.id(collection, faceId), externalKey, timestamp());
      collections.changed(collection);
      const { n } = this.#record({ kind: 'external-key-set', account, collectionId, faceId });
      if (before.externalKey === null) return 'created' as const;
      tombstones.requireScrub(n);
      return 'updated' as const;
    });
  }

  faceIdsByExternalKey(account: string, collectionId: string, externalKey: string) {
    return this.#read(({ collections, faces }) =>
      faces.withKey(collections.id(account, collectionId), externalKey),
    );
  }

  setAccessCode(account: string, collectionId: string, faceId: string, hash: Uint8Array) {
    return this.#write(({ collections, faces }) => {
      const collection = collections.id(account, collectionId);
      if (!faces.setCode(faces.id(collection, faceId), hash)) return false;
      this.#record({ kind: 'access-code-set', account, collectionId, faceId });
      return true;
    });
  }

  faceByAccessCode(account: string, collectionId: string, hash: Uint8Array) {
    return this.#read(({ collections, faces }) =>
      faces.withCode(collections.id(account, collectionId), hash),
    );
  }

  revision(account: string, collectionId: string) {
    return this.#read(({ collections }) => collections.revision(account, collectionId));
  }

  referenceIds(account: string, collectionId: string, modelId: string) {
    return this.#read(({ collections, references }) =>
      references.ids(collections.id(account, collectionId), modelId),
    );
  }

  references(account: string, modelId: string, referenceIds: readonly number[]) {
    return this.#read(({ biometrics }) => biometrics.templates(account, modelId, referenceIds));
  }

  protect(modelId: string, template: Float32Array) {
    return this.#read(({ biometrics }) => biometrics.protect(modelId, template));
  }

  protectionId() {
    return this.#read(({ biometrics }) => biometrics.protectionId());
  }

  renewProtection(secret: Uint8Array = randomBytes(PROTECTION_KEY_BYTES)) {
    return this.#write(({ biometrics, collections, tombstones }) => {
      const count = biometrics.renew(secret);
      collections.renewed();
      const { n } = this.#record({ kind: 'key-changed', what: 'template-protection', stage: 'done' });
      tombstones.requireScrub(n);
      return count;
    });
  }

  servingModel(account: string) {
    return this.#read(({ models }) => models.get(account));
  }

  modelCoverage(account: string, modelId: string) {
    return this.#read(({ models }) => models.coverage(account, modelId));
  }

  pendingReferences(account: string, modelId: string, limit: number) {
    return this.#read(({ models }) => models.pending(account, modelId, limit));
  }

  referenceImage(account: string, referenceId: number) {
    return this.#read(({ biometrics }) => biometrics.image(account, referenceId));
  }

  dropImages(account: string, before: Date) {
    return this.#write(({ biometrics, tombstones, audit }) => {
      const count = biometrics.dropImages(account, before.toISOString());
      if (count > 0) tombstones.requireScrub(audit.head().n);
      return count;
    });
  }

  addTemplate(account: string, referenceId: number, modelId: string, template: Float32Array | null) {
    return this.#write(
      ({ models, biometrics }) =>
        models.owns(account, referenceId) && biometrics.addTemplate(referenceId, modelId, template),
    );
  }

  switchModel(account: string, modelId: string) {
    return this.#write(({ models }) => models.switch(account, modelId));
  }

  faceReferences(account: string, collectionId: string, faceId: string, modelId: string) {
    return this.#read(({ collections, faces, references, biometrics }) => {
      const face = faces.id(collections.id(account, collectionId), faceId);
      return biometrics.templates(account, modelId, references.idsOf(face));
    });
  }

  removeAutomaticReferences(account: string, collectionId: string, faceId: string) {
    return this.#write(({ collections, faces, references, tombstones }) => {
      const collection = collections.id(account, collectionId);
      const removed = references.removeAutomatic(faces.id(collection, faceId));
      if (removed > 0) {
        collections.changed(collection);
        const entry = { kind: 'references-removed', account, collectionId, faceId } as const;
        tombstones.requireScrub(this.#record({ ...entry, references: removed }).n);
      }
      return faces.get(collection, faceId);
    });
  }

  getSecret(name: string): Promise<Uint8Array | null> {
    return this.#read(({ secrets }) => secrets.get(name));
  }

  setSecret(name: string, value: Uint8Array | null): Promise<void> {
    return this.#write(({ secrets }) => secrets.set(name, value));
  }

  async inspectPages(): Promise<void> {
    await this.#parts.contains([]);
  }

  inspectSealed() {
    return this.#read(({ biometrics }) => biometrics.inspect());
  }

  stateHash() {
    return this.#read(({ database }) => stateHash(database));
  }

  async close(): Promise<void> {
    this.#parts.database.close();
  }

  #read<T>(work: (parts: ReturnType<typeof partsOf>) => T): Promise<T> {
    return this.#parts.sql.read(() => work(this.#parts));
  }

  #write<T>(work: (parts: ReturnType<typeof partsOf>) => T): Promise<T> {
    return this.#parts.sql.write(() => work(this.#parts));
  }

  #record(entry: AuditEntry) {
    return this.#parts.audit.append(this.#actor, entry);
  }
}

const timestamp = (): string => new Date().toISOString();
