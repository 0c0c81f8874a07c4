import type { Actor, FaceRecord } from '#contract';
import type { Parts, WriteTx } from '#core/store';
import type { FaceRecords } from './face-records.ts';

/** Changes that were made on another machine, recorded like one's own but not sent on. */
export class RemoteChanges {
  readonly #parts: Parts & { readonly records: FaceRecords };

  constructor(parts: Parts & { readonly records: FaceRecords }) {
    this.#parts = parts;
  }

  addFace(
    tx: WriteTx,
    actor: Actor,
    account: string,
    record: FaceRecord,
    modelId: string,
    secret: Uint8Array,
  ): void {
    this.#parts.records.add(tx, account, record, modelId, secret);
    const { collectionId, faceId, references } = record;
    this.#parts.audit.append(tx, actor, {
      kind: 'enrolled',
      account,
      collectionId,
      faceId,
      references: references.length,
    });
  }

  /** A face is as the record says, whether it was there or not. */
  putFace(
    tx: WriteTx,
    actor: Actor,
    account: string,
    record: FaceRecord,
    modelId: string,
    secret: Uint8Array,
  ): void {
    const { collectionId, faceId } = record;
    const place = this.#parts.faces.place(tx, account, faceId);
    if (place === null) this.addFace(tx, actor, account, record, modelId, secret);
    else if (this.#parts.records.reconcile(tx, account, record, modelId, secret, timestamp())) {
      this.#parts.audit.append(tx, actor, { kind: 'face-updated', account, collectionId, faceId });
      this.#parts.tombstones.requireScrub(tx);
    }
  }

  /** Leaves tombstones of those that were here. */
  deleteFaces(tx: WriteTx, actor: Actor, account: string, faceIds: readonly string[]): void {
    const gone = faceIds.flatMap((faceId) => this.#parts.faces.find(tx, account, { faceId }));
    this.#parts.erasure.remove(tx, account, gone);
    for (const { collectionId, faceId } of gone) {
      const entry = { kind: 'face-deleted', account, collectionId, faceId } as const;
      this.#parts.erasure.bury(tx, actor, account, [{ collectionId, faceId }], entry);
    }
  }

  /** Without a tombstone: the face lives on, but not here. */
  evictFace(tx: WriteTx, actor: Actor, account: string, faceId: string): void {
    const gone = this.#parts.faces.find(tx, account, { faceId });
    this.#parts.erasure.remove(tx, account, gone);
    for (const { collectionId } of gone) {
      const entry = { kind: 'face-evicted', account, collectionId, faceId } as const;
      this.#parts.audit.append(tx, actor, entry);
      this.#parts.tombstones.requireScrub(tx);
    }
  }

  /** Faces that were never here are not to come either. @param unknown of which there is neither face nor tombstone */
  forbid(tx: WriteTx, actor: Actor, account: string, collectionId: string, unknown: readonly string[]): void {
    if (unknown.length === 0) return;
    const faces = unknown.map((faceId) => ({ collectionId, faceId }));
    this.#parts.erasure.bury(tx, actor, account, faces, { kind: 'erased', account, faces });
  }

  createCollection(
    tx: WriteTx,
    actor: Actor,
    account: string,
    collectionId: string,
    description: string | null,
  ): void {
    const now = timestamp();
    this.#parts.collections.create(tx, account, {
      collectionId,
      description,
      createdAt: now,
      updatedAt: now,
    });
    this.#parts.audit.append(tx, actor, { kind: 'collection-created', account, collectionId });
  }

  describeCollection(
    tx: WriteTx,
    actor: Actor,
    account: string,
    collectionId: string,
    description: string | null,
  ): void {
    if (this.#parts.collections.get(tx, account, collectionId).description === description) return;
    this.#parts.collections.describe(tx, account, collectionId, description, timestamp());
    this.#parts.audit.append(tx, actor, { kind: 'collection-updated', account, collectionId });
  }

  /** With its faces. */
  deleteCollection(tx: WriteTx, actor: Actor, account: string, collectionId: string): void {
    const collection = this.#parts.collections.id(tx, account, collectionId);
    const faces = this.#parts.faces.count(tx, collection);
    const { n } = this.#parts.audit.append(tx, actor, {
      kind: 'collection-deleted',
      account,
      collectionId,
      faces,
    });
    this.#parts.trash.throwAway(tx, collection, timestamp(), n, null);
  }
}

const timestamp = (): string => new Date().toISOString();
