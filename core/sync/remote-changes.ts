import type { Actor, FaceRecord } from '#contract';
import type { Parts } from '#core/store';
import type { FaceRecords } from './face-records.ts';

/** Changes that were made on another machine, recorded like one's own but told to nobody. Call within a transaction. */
export class RemoteChanges {
  readonly #parts: Parts;
  readonly #records: FaceRecords;

  constructor(parts: Parts, records: FaceRecords) {
    this.#parts = parts;
    this.#records = records;
  }

  addFace(actor: Actor, account: string, record: FaceRecord, modelId: string, secret: Uint8Array): void {
    this.#records.add(account, record, modelId, secret);
    const { collectionId, faceId, references } = record;
    this.#parts.audit.append(actor, {
      kind: 'enrolled',
      account,
      collectionId,
      faceId,
      references: references.length,
    });
  }

  /** A face is as the record says, whether it was there or not. */
  putFace(actor: Actor, account: string, record: FaceRecord, modelId: string, secret: Uint8Array): void {
    const { collectionId, faceId } = record;
    const place = this.#parts.faces.place(account, faceId);
    if (place === null) this.addFace(actor, account, record, modelId, secret);
    else if (this.#records.reconcile(account, record, modelId, secret, timestamp())) {
      this.#parts.audit.append(actor, { kind: 'face-updated', account, collectionId, faceId });
      this.#parts.tombstones.requireScrub();
    }
  }

  /** Leaves tombstones of those that were here. */
  deleteFaces(actor: Actor, account: string, faceIds: readonly string[]): void {
    const gone = faceIds.flatMap((faceId) => this.#parts.faces.find(account, { faceId }));
    this.#parts.erasure.remove(account, gone);
    for (const { collectionId, faceId } of gone) {
      const entry = { kind: 'face-deleted', account, collectionId, faceId } as const;
      this.#parts.erasure.bury(actor, account, [{ collectionId, faceId }], entry);
    }
  }

  /** Without a tombstone: the face lives on, but not here. */
  evictFace(actor: Actor, account: string, faceId: string): void {
    const gone = this.#parts.faces.find(account, { faceId });
    this.#parts.erasure.remove(account, gone);
    for (const { collectionId } of gone) {
      const entry = { kind: 'face-evicted', account, collectionId, faceId } as const;
      this.#parts.audit.append(actor, entry);
      this.#parts.tombstones.requireScrub();
    }
  }

  /** Faces that were never here are not to come either. @param unknown of which there is neither face nor tombstone */
  forbid(actor: Actor, account: string, collectionId: string, unknown: readonly string[]): void {
    if (unknown.length === 0) return;
    const faces = unknown.map((faceId) => ({ collectionId, faceId }));
    this.#parts.erasure.bury(actor, account, faces, { kind: 'erased', account, faces });
  }

  createCollection(actor: Actor, account: string, collectionId: string, description: string | null): void {
    const now = timestamp();
    this.#parts.collections.create(account, { collectionId, description, createdAt: now, updatedAt: now });
    this.#parts.audit.append(actor, { kind: 'collection-created', account, collectionId });
  }

  describeCollection(actor: Actor, account: string, collectionId: string, description: string | null): void {
    if (this.#parts.collections.get(account, collectionId).description === description) return;
    this.#parts.collections.describe(account, collectionId, description, timestamp());
    this.#parts.audit.append(actor, { kind: 'collection-updated', account, collectionId });
  }

  /** With its faces. */
  deleteCollection(actor: Actor, account: string, collectionId: string): void {
    const collection = this.#parts.collections.id(account, collectionId);
    const faces = this.#parts.faces.count(collection);
    const { n } = this.#parts.audit.append(actor, {
      kind: 'collection-deleted',
      account,
      collectionId,
      faces,
    });
    this.#parts.trash.throwAway(collection, timestamp(), n, null);
  }
}

const timestamp = (): string => new Date().toISOString();
