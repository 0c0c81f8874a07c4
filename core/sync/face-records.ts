import { createHash } from 'node:crypto';
import type { FaceMetadata, FaceRecord, ReferenceRecord } from '#contract';
import { createTemplateProtection, isTemplate, Recent, type TemplateProtection } from '#core/matching';
import { type LateTemplate, type Parts, type ReadTx, toTemplate, type WriteTx } from '#core/store';

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
  async read(
    tx: ReadTx,
    account: string,
    faceId: string,
    options: RecordOptions,
  ): Promise<FaceRecord | null> {
    const place = await this.#parts.faces.place(tx, account, faceId);
    if (place === null) return null;
    const { externalKey, metadata, createdAt } = await this.#parts.faces.get(tx, place.collection, faceId);
    const references = await this.readReferences(tx, account, place.face, options);
    return { collectionId: place.collectionId, faceId, externalKey, metadata, createdAt, references };
  }

  /** @param uids by default all @throws `store-corrupt` */
  async readReferences(
    tx: ReadTx,
    account: string,
    face: number,
    { secret, modelId, images }: RecordOptions,
    uids: readonly string[] | null = null,
  ): Promise<ReferenceRecord[]> {
    const rows = await this.#parts.references.rowsOf(tx, face);
    const records: ReferenceRecord[] = [];
    for (const { id, uid, quality, source, createdAt } of rows) {
      if (uids !== null && !uids.includes(uid)) continue;
      const templates = (await this.#parts.biometrics.templatesOf(tx, id))
        .filter((made) => modelId === undefined || made.modelId === modelId)
        .map(({ modelId, template }) => {
          const { protect } = this.#rotation(secret, modelId, template.length);
          return { modelId, template: new Uint8Array(protect(template).buffer) };
        });
      const withImage = images === 'all' || (images === 'where-needed' && templates.length === 0);
      const image = withImage ? await this.#parts.biometrics.image(tx, account, id) : null;
      records.push({ uid, quality, source, createdAt, templates, image });
    }
    return records;
  }

  /**
   * Enrol a face that was enrolled elsewhere. Its collection is made when it is not there.
   * @param modelId serves the account if none does yet
   * @throws `template-invalid`, `too-many-references`
   */
  async add(
    tx: WriteTx,
    account: string,
    record: FaceRecord,
    modelId: string,
    secret: Uint8Array,
  ): Promise<void> {
    const { collectionId, faceId, externalKey, metadata, createdAt } = record;
    const collection = await this.#ensureCollection(tx, account, collectionId);
    const face = await this.#parts.faces.add(tx, collection, { faceId, references: [], metadata }, createdAt);
    // Who sent it answers for the key: another face may be about to lose it.
    if (externalKey !== null) await this.#parts.faces.setExternalKey(tx, face, externalKey, createdAt);
    await this.#parts.biometrics.addFaceKey(tx, face);
    await this.addReferences(tx, account, collection, face, record.references, modelId, secret);
    await this.#parts.collections.changed(tx, collection);
  }

  /** References that are there already get what they lack. @returns how many are new @throws as {@link add} */
  async addReferences(
    tx: WriteTx,
    account: string,
    collection: number,
    face: number,
    records: readonly ReferenceRecord[],
    modelId: string,
    secret: Uint8Array,
  ): Promise<number> {
    await this.#parts.models.begin(tx, account, modelId);
    const present = new Map((await this.#parts.references.rowsOf(tx, face)).map(({ id, uid }) => [uid, id]));
    let count = 0;
    const late: LateTemplate[] = [];
    for (const record of records) {
      const known = present.get(record.uid);
      const id = known ?? (await this.#parts.references.insert(tx, collection, face, record));
      if (known === undefined) count++;
      for (const { modelId, template } of record.templates) {
        await this.#parts.lengths.require(tx, account, modelId, template.length / 4);
        const received = this.#received(secret, modelId, template);
        if (known === undefined) await this.#parts.biometrics.addTemplate(tx, id, modelId, received);
        else late.push({ reference: id, modelId, template: received });
      }
      if (record.image !== null)
        await this.#parts.biometrics.addImage(tx, id, record.image, record.createdAt);
    }
    await this.#parts.references.addLate(tx, account, late);
    return count;
  }

  /**
   * Make a face that is there as a record says: what the record lacks goes.
   * @returns whether something was removed
   */
  async reconcile(
    tx: WriteTx,
    account: string,
    record: FaceRecord,
    modelId: string,
    secret: Uint8Array,
    now: string,
  ): Promise<boolean> {
    const place = (await this.#parts.faces.place(tx, account, record.faceId))!;
    const { face, collection } = place;
    const before = await this.#parts.faces.get(tx, collection, record.faceId);
    const uids = new Set(record.references.map(({ uid }) => uid));
    const surplus = (await this.uids(tx, face)).filter((uid) => !uids.has(uid));
    // Perhaps nobody removed them, and a server that was set back lost them: who still has them is to bring them back.
    const removed = await this.#parts.references.drop(tx, face, surplus);
    await this.addReferences(tx, account, collection, face, record.references, modelId, secret);
    if (before.externalKey !== record.externalKey)
      await this.#parts.faces.setExternalKey(tx, face, record.externalKey, now);
    if (JSON.stringify(before.metadata) !== JSON.stringify(record.metadata)) {
      await this.#parts.faces.setMetadata(tx, face, record.metadata, now);
    }
    await this.#parts.collections.changed(tx, collection);
    return removed > 0 || (before.externalKey !== null && before.externalKey !== record.externalKey);
  }

  async uids(tx: ReadTx, face: number): Promise<string[]> {
    return (await this.#parts.references.rowsOf(tx, face)).map(({ uid }) => uid);
  }

  /** A word that is the same for two faces that are the same, as far as one model is concerned; null: no such face. */
  async digest(tx: ReadTx, account: string, faceId: string, modelId: string): Promise<string | null> {
    const place = await this.#parts.faces.place(tx, account, faceId);
    if (place === null) return null;
    const { externalKey, metadata } = await this.#parts.faces.get(tx, place.collection, faceId);
    const references: string[] = [];
    for (const { id, uid } of await this.#parts.references.rowsOf(tx, place.face)) {
      references.push(`${uid} ${await this.#parts.biometrics.hasTemplate(tx, id, modelId)}`);
    }
    const sorted = references.toSorted();
    return digestOf([place.collectionId, faceId, externalKey, canonical(metadata), sorted]);
  }

  /** See `Replica.sharedHash`. */
  async sharedHash(tx: ReadTx, account: string, modelId: string): Promise<string> {
    const hash = createHash('sha256');
    for (const { collectionId, description } of await this.#parts.collections.list(tx, account)) {
      hash.update(JSON.stringify([collectionId, description]));
      const faceIds = (
        await this.#parts.faces.ids(tx, await this.#parts.collections.id(tx, account, collectionId))
      ).toSorted();
      for (const faceId of faceIds) hash.update((await this.digest(tx, account, faceId, modelId))!);
    }
    return hash.digest('hex');
  }

  async #ensureCollection(tx: WriteTx, account: string, collectionId: string): Promise<number> {
    if (!(await this.#parts.collections.has(tx, account, collectionId))) {
      const now = new Date().toISOString();
      await this.#parts.collections.create(tx, account, {
        collectionId,
        description: null,
        createdAt: now,
        updatedAt: now,
      });
    }
    return await this.#parts.collections.id(tx, account, collectionId);
  }

  /** A record without what is said to be a template and is none. @returns null when all are sound */
  async withoutUnsound(
    tx: ReadTx,
    account: string,
    record: FaceRecord,
    secret: Uint8Array,
  ): Promise<FaceRecord | null> {
    const isSound = async ({ modelId, template }: ReferenceRecord['templates'][number]): Promise<boolean> => {
      const length = await this.#parts.lengths.of(tx, account, modelId);
      const isOfItsLength = length === null || template.length === 4 * length;
      // Only then is there a rotation for it.
      return isOfItsLength && isTemplate(this.#received(secret, modelId, template), template.length / 4);
    };
    let unsound = 0;
    const references: ReferenceRecord[] = [];
    for (const reference of record.references) {
      const templates: ReferenceRecord['templates'] = [];
      for (const made of reference.templates) {
        if (await isSound(made)) templates.push(made);
        else unsound++;
      }
      references.push({ ...reference, templates });
    }
    return unsound === 0 ? null : { ...record, references };
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
