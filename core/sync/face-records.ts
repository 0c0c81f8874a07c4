import { createHash } from 'node:crypto';
import type { FaceMetadata, FaceRecord, ReferenceRecord } from '#contract';
import { createTemplateProtection, isTemplate, Recent, type TemplateProtection } from '#core/matching';
import { type Parts, type ReadTx, toTemplate, type WriteTx } from '#core/store';

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

/** Faces as they travel between machines. */
export class FaceRecords {
  readonly #parts: Parts;
  readonly #rotations = new Recent<string, TemplateProtection>(ROTATIONS);

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A face as it is now, or null. @throws `store-corrupt` */
  read(tx: ReadTx, account: string, faceId: string, options: RecordOptions): FaceRecord | null {
    const place = this.#parts.faces.place(tx, account, faceId);
    if (place === null) return null;
    const { externalKey, metadata, createdAt } = this.#parts.faces.get(tx, place.collection, faceId);
    const references = this.readReferences(tx, account, place.face, options);
    return { collectionId: place.collectionId, faceId, externalKey, metadata, createdAt, references };
  }

  /** @param uids by default all @throws `store-corrupt` */
  readReferences(
    tx: ReadTx,
    account: string,
    face: number,
    { secret, modelId, images }: RecordOptions,
    uids: readonly string[] | null = null,
  ): ReferenceRecord[] {
    return this.#parts.references
      .rowsOf(tx, face)
      .filter(({ uid }) => uids === null || uids.includes(uid))
      .map(({ id, uid, quality, source, createdAt }) => {
        const templates = this.#parts.biometrics
          .templatesOf(tx, id)
          .filter((made) => modelId === undefined || made.modelId === modelId)
          .map(({ modelId, template }) => {
            const { protect } = this.#rotation(secret, modelId, template.length);
            return { modelId, template: new Uint8Array(protect(template).buffer) };
          });
        const withImage = images === 'all' || (images === 'where-needed' && templates.length === 0);
        const image = withImage ? this.#parts.biometrics.image(tx, account, id) : null;
        return { uid, quality, source, createdAt, templates, image };
      });
  }

  /**
   * Enrol a face that was enrolled elsewhere. Its collection is made when it is not there.
   * @param modelId serves the account if none does yet
   * @throws `template-invalid`, `too-many-references`
   */
  add(tx: WriteTx, account: string, record: FaceRecord, modelId: string, secret: Uint8Array): void {
    const { collectionId, faceId, externalKey, metadata, createdAt } = record;
    const collection = this.#ensureCollection(tx, account, collectionId);
    const face = this.#parts.faces.add(tx, collection, { faceId, references: [], metadata }, createdAt);
    // Who sent it answers for the key: another face may be about to lose it.
    if (externalKey !== null) this.#parts.faces.setExternalKey(tx, face, externalKey, createdAt);
    this.#parts.biometrics.addFaceKey(tx, face);
    this.addReferences(tx, account, collection, face, record.references, modelId, secret);
    this.#parts.collections.changed(tx, collection);
  }

  /** References that are there already get what they lack. @returns how many are new @throws as {@link add} */
  addReferences(
    tx: WriteTx,
    account: string,
    collection: number,
    face: number,
    records: readonly ReferenceRecord[],
    modelId: string,
    secret: Uint8Array,
  ): number {
    this.#parts.models.begin(tx, account, modelId);
    const present = new Map(this.#parts.references.rowsOf(tx, face).map(({ id, uid }) => [uid, id]));
    let count = 0;
    for (const record of records) {
      let id = present.get(record.uid);
      if (id === undefined) {
        id = this.#parts.references.insert(tx, collection, face, record);
        count++;
      }
      for (const { modelId, template } of record.templates) {
        this.#parts.lengths.require(tx, account, modelId, template.length / 4);
        this.#parts.biometrics.addTemplate(tx, id, modelId, this.#received(secret, modelId, template));
      }
      if (record.image !== null) this.#parts.biometrics.addImage(tx, id, record.image, record.createdAt);
    }
    return count;
  }

  /**
   * Make a face that is there as a record says: what the record lacks goes.
   * @returns whether something was removed
   */
  reconcile(
    tx: WriteTx,
    account: string,
    record: FaceRecord,
    modelId: string,
    secret: Uint8Array,
    now: string,
  ): boolean {
    const place = this.#parts.faces.place(tx, account, record.faceId)!;
    const { face, collection } = place;
    const before = this.#parts.faces.get(tx, collection, record.faceId);
    const uids = new Set(record.references.map(({ uid }) => uid));
    const surplus = this.uids(tx, face).filter((uid) => !uids.has(uid));
    const removed = this.#parts.references.remove(tx, face, surplus);
    this.addReferences(tx, account, collection, face, record.references, modelId, secret);
    if (before.externalKey !== record.externalKey)
      this.#parts.faces.setExternalKey(tx, face, record.externalKey, now);
    if (JSON.stringify(before.metadata) !== JSON.stringify(record.metadata)) {
      this.#parts.faces.setMetadata(tx, face, record.metadata, now);
    }
    this.#parts.collections.changed(tx, collection);
    return removed > 0 || (before.externalKey !== null && before.externalKey !== record.externalKey);
  }

  uids(tx: ReadTx, face: number): string[] {
    return this.#parts.references.rowsOf(tx, face).map(({ uid }) => uid);
  }

  /** A word that is the same for two faces that are the same, as far as one model is concerned; null: no such face. */
  digest(tx: ReadTx, account: string, faceId: string, modelId: string): string | null {
    const place = this.#parts.faces.place(tx, account, faceId);
    if (place === null) return null;
    const { externalKey, metadata } = this.#parts.faces.get(tx, place.collection, faceId);
    const references = this.#parts.references
      .rowsOf(tx, place.face)
      .map(({ id, uid }) => `${uid} ${this.#parts.biometrics.hasTemplate(tx, id, modelId)}`)
      .toSorted();
    return digestOf([place.collectionId, faceId, externalKey, canonical(metadata), references]);
  }

  /** See `Replica.sharedHash`. */
  sharedHash(tx: ReadTx, account: string, modelId: string): string {
    const hash = createHash('sha256');
    for (const { collectionId, description } of this.#parts.collections.list(tx, account)) {
      hash.update(JSON.stringify([collectionId, description]));
      const faceIds = this.#parts.faces
        .ids(tx, this.#parts.collections.id(tx, account, collectionId))
        .toSorted();
      for (const faceId of faceIds) hash.update(this.digest(tx, account, faceId, modelId)!);
    }
    return hash.digest('hex');
  }

  #ensureCollection(tx: WriteTx, account: string, collectionId: string): number {
    if (!this.#parts.collections.has(tx, account, collectionId)) {
      const now = new Date().toISOString();
      this.#parts.collections.create(tx, account, {
        collectionId,
        description: null,
        createdAt: now,
        updatedAt: now,
      });
    }
    return this.#parts.collections.id(tx, account, collectionId);
  }

  /** A record without what is said to be a template and is none. @returns null when all are sound */
  withoutUnsound(tx: ReadTx, account: string, record: FaceRecord, secret: Uint8Array): FaceRecord | null {
    const isSound = ({ modelId, template }: ReferenceRecord['templates'][number]): boolean => {
      const length = this.#parts.lengths.of(tx, account, modelId);
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
