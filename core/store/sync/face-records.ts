import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { FaceMetadata, FaceRecord, ReferenceRecord } from '#contract';
import { createTemplateProtection, isTemplate, type TemplateProtection } from '#core/matching';
import type { Biometrics } from '../tables/biometrics.ts';
import type { Collections } from '../tables/collections.ts';
import type { Faces } from '../tables/faces.ts';
import { Recent } from '../recent.ts';
import { ReferenceSource, toTemplate } from '../disk/rows.ts';
import type { References } from '../tables/references.ts';
import type { ServingModels } from '../tables/serving-model.ts';
import type { Statements } from '../file/statements.ts';
import type { TemplateLengths } from '../tables/template-lengths.ts';

const PlaceRow = z.object({
  face: z.int(),
  collection: z.int(),
  collectionId: z.string(),
});
const ReferenceRow = z.object({
  id: z.int(),
  uid: z.string(),
  quality: z.number(),
  source: ReferenceSource,
  createdAt: z.string(),
});

export interface RecordOptions {
  /** 32 bytes: templates travel rotated by this secret, which both ends know. */
  readonly secret: Uint8Array;
  /** The only model whose templates are wanted; all by default. */
  readonly modelId?: string;
  /** Of which references: of those without a template, which can only be made from it, or of all, or of none. */
  readonly images: 'where-needed' | 'all' | 'none';
}

/** Rotations that are kept, of some secrets and models: an appliance may name as many models as it likes. */
const ROTATIONS = 32;

/** Faces as they travel between machines. Call within a transaction. */
export class FaceRecords {
  readonly #sql: Statements;
  readonly #collections: Collections;
  readonly #faces: Faces;
  readonly #references: References;
  readonly #biometrics: Biometrics;
  readonly #models: ServingModels;
  readonly #lengths: TemplateLengths;
  readonly #rotations = new Recent<string, TemplateProtection>(ROTATIONS);

  constructor(
    sql: Statements,
    collections: Collections,
    faces: Faces,
    references: References,
    biometrics: Biometrics,
    models: ServingModels,
    lengths: TemplateLengths,
  ) {
    this.#sql = sql;
    this.#collections = collections;
    this.#faces = faces;
    this.#references = references;
    this.#biometrics = biometrics;
    this.#models = models;
    this.#lengths = lengths;
  }

  /** Where a face of an account is, or null. */
  find(account: string, faceId: string): z.infer<typeof PlaceRow> | null {
    const row = this.#sql.get(
      `SELECT faces.id AS face, collections.id AS collection, collection_id AS collectionId
       FROM collections JOIN faces ON faces.collection = collections.id
       WHERE account = ? AND face_id = ?`,
      [account, faceId],
    );
    return row === undefined ? null : PlaceRow.parse(row);
  }

  /** A face as it is now, or null. @throws `store-corrupt` */
  read(account: string, faceId: string, options: RecordOptions): FaceRecord | null {
    const place = this.find(account, faceId);
    if (place === null) return null;
    const { externalKey, metadata, createdAt } = this.#faces.get(place.collection, faceId);
    const references = this.readReferences(account, place.face, options);
    return { collectionId: place.collectionId, faceId, externalKey, metadata, createdAt, references };
  }

  /** @param uids by default all @throws `store-corrupt` */
  readReferences(
    account: string,
    face: number,
    { secret, modelId, images }: RecordOptions,
    uids: readonly string[] | null = null,
  ): ReferenceRecord[] {
    return this.#rows(face)
      .filter(({ uid }) => uids === null || uids.includes(uid))
      .map(({ id, uid, quality, source, createdAt }) => {
        const templates = this.#biometrics
          .templatesOf(id)
          .filter((made) => modelId === undefined || made.modelId === modelId)
          .map(({ modelId, template }) => {
            const { protect } = this.#rotation(secret, modelId, template.length);
            return { modelId, template: new Uint8Array(protect(template).buffer) };
          });
        const withImage = images === 'all' || (images === 'where-needed' && templates.length === 0);
        const image = withImage ? this.#biometrics.image(account, id) : null;
        return { uid, quality, source, createdAt, templates, image };
      });
  }

  /**
   * Enrol a face that was enrolled elsewhere. Its collection is made when it is not there.
   * @param modelId serves the account if none does yet
   * @throws `template-invalid`, `too-many-references`
   */
  add(account: string, record: FaceRecord, modelId: string, secret: Uint8Array): void {
    const { collectionId, faceId, externalKey, metadata, createdAt } = record;
    const collection = this.#ensureCollection(account, collectionId);
    const face = this.#faces.add(collection, { faceId, references: [], metadata }, createdAt);
    // Who sent it answers for the key: another face may be about to lose it.
    if (externalKey !== null) this.#faces.setKey(face, externalKey, createdAt);
    this.#biometrics.addKey(face);
    this.addReferences(account, collection, face, record.references, modelId, secret);
    this.#collections.changed(collection);
  }

  /** References that are there already get what they lack. @returns how many are new @throws as {@link add} */
  addReferences(
    account: string,
    collection: number,
    face: number,
    records: readonly ReferenceRecord[],
    modelId: string,
    secret: Uint8Array,
  ): number {
    this.#models.begin(account, modelId);
    const present = new Map(this.#rows(face).map(({ id, uid }) => [uid, id]));
    let count = 0;
    for (const record of records) {
      let id = present.get(record.uid);
      if (id === undefined) {
        id = this.#references.insert(collection, face, record);
        count++;
      }
      for (const { modelId, template } of record.templates) {
        this.#lengths.require(account, modelId, template.length / 4);
        this.#biometrics.addTemplate(id, modelId, this.#received(secret, modelId, template));
      }
      if (record.image !== null) this.#biometrics.addImage(id, record.image, record.createdAt);
    }
    return count;
  }

  /**
   * Make a face that is there as a record says: what the record lacks goes.
   * @returns whether something was removed
   */
  reconcile(account: string, record: FaceRecord, modelId: string, secret: Uint8Array, now: string): boolean {
    const place = this.find(account, record.faceId)!;
    const { face, collection } = place;
    const before = this.#faces.get(collection, record.faceId);
    const uids = new Set(record.references.map(({ uid }) => uid));
    const surplus = this.uids(face).filter((uid) => !uids.has(uid));
    const removed = this.#references.remove(face, surplus);
    this.addReferences(account, collection, face, record.references, modelId, secret);
    if (before.externalKey !== record.externalKey) this.#faces.setKey(face, record.externalKey, now);
    if (JSON.stringify(before.metadata) !== JSON.stringify(record.metadata)) {
      this.#faces.setMetadata(face, record.metadata, now);
    }
    this.#collections.changed(collection);
    return removed > 0 || (before.externalKey !== null && before.externalKey !== record.externalKey);
  }

  uids(face: number): string[] {
    return this.#rows(face).map(({ uid }) => uid);
  }

  /** A word that is the same for two faces that are the same, as far as one model is concerned; null: no such face. */
  digest(account: string, faceId: string, modelId: string): string | null {
    const place = this.find(account, faceId);
    if (place === null) return null;
    const { externalKey, metadata } = this.#faces.get(place.collection, faceId);
    const references = this.#rows(place.face)
      .map(({ id, uid }) => `${uid} ${this.#biometrics.hasTemplate(id, modelId)}`)
      .toSorted();
    return digestOf([place.collectionId, faceId, externalKey, canonical(metadata), references]);
  }

  /** See `Replica.sharedHash`. */
  sharedHash(account: string, modelId: string): string {
    const hash = createHash('sha256');
    for (const { collectionId, description } of this.#collections.list(account)) {
      hash.update(JSON.stringify([collectionId, description]));
      const faceIds = this.#faces.ids(this.#collections.id(account, collectionId)).toSorted();
      for (const faceId of faceIds) hash.update(this.digest(account, faceId, modelId)!);
    }
    return hash.digest('hex');
  }

  #ensureCollection(account: string, collectionId: string): number {
    if (!this.#collections.has(account, collectionId)) {
      const now = new Date().toISOString();
      this.#collections.create(account, { collectionId, description: null, createdAt: now, updatedAt: now });
    }
    return this.#collections.id(account, collectionId);
  }

  /** Oldest first. */
  #rows(face: number): z.infer<typeof ReferenceRow>[] {
    const rows = this.#sql.all(
      'SELECT id, uid, quality, source, created_at AS createdAt FROM face_references WHERE face = ? ORDER BY id',
      [face],
    );
    return z.array(ReferenceRow).parse(rows);
  }

  /** A record without what is said to be a template and is none. @returns null when all are sound */
  withoutUnsound(account: string, record: FaceRecord, secret: Uint8Array): FaceRecord | null {
    const isSound = ({ modelId, template }: ReferenceRecord['templates'][number]): boolean => {
      const length = this.#lengths.of(account, modelId);
      const isOfItsLength = length === null || template.length === 4 * length;
      // Only then is there a rotation for it.
      return isOfItsLength && isTemplate(this.#received(secret, modelId, template), template.length / 4);
    };
    if (record.references.every(({ templates }) => templates.every(isSound))) return null;
    const references = record.references.map((reference) => ({
      ...reference,
      templates: reference.templates.filter(isSound),
    }));
    return { ...record, references };
  }

  /** A template that came, as its model made it. */
  #received(secret: Uint8Array, modelId: string, bytes: Uint8Array): Float32Array {
    const rotated = toTemplate(Buffer.from(bytes));
    return this.#rotation(secret, modelId, rotated.length).recover(rotated);
  }

  #rotation(secret: Uint8Array, modelId: string, dimension: number): TemplateProtection {
    const name = `${createHash('sha256').update(secret).digest('hex')} ${dimension} ${modelId}`;
    return this.#rotations.get(name, () => createTemplateProtection(secret, modelId, dimension));
  }
}

/** About how many bytes references take on their way. */
export const sizeOf = (references: readonly ReferenceRecord[]): number =>
  references.reduce(
    (sum, { image, templates }) =>
      sum + 200 + (image?.length ?? 0) + templates.reduce((all, { template }) => all + template.length, 0),
    0,
  );

const digestOf = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

const canonical = (metadata: FaceMetadata): unknown =>
  Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1));
