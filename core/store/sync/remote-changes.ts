import type { Actor, FaceRecord } from '#contract';
import type { AuditTable } from '../tables/audit-table.ts';
import type { Collections } from '../tables/collections.ts';
import type { Erasure } from '../erasure.ts';
import type { FaceRecords } from './face-records.ts';
import type { Faces } from '../tables/faces.ts';
import type { Tombstones } from '../tables/tombstones.ts';
import type { Trash } from '../tables/trash.ts';

/** Changes that were made on another machine, recorded like one's own but told to nobody. Call within a transaction. */
export class RemoteChanges {
  readonly #collections: Collections;
  readonly #faces: Faces;
  readonly #records: FaceRecords;
  readonly #tombstones: Tombstones;
  readonly #trash: Trash;
  readonly #audit: AuditTable;
  readonly #erasure: Erasure;

  constructor(
    collections: Collections,
    faces: Faces,
    records: FaceRecords,
    tombstones: Tombstones,
    trash: Trash,
    audit: AuditTable,
    erasure: Erasure,
  ) {
    this.#collections = collections;
    this.#faces = faces;
    this.#records = records;
    this.#tombstones = tombstones;
    this.#trash = trash;
    this.#audit = audit;
    this.#erasure = erasure;
  }

  addFace(actor: Actor, account: string, record: FaceRecord, modelId: string, secret: Uint8Array): void {
    this.#records.add(account, record, modelId, secret);
    const { collectionId, faceId, references } = record;
    this.#audit.append(actor, {
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
    const place = this.#records.find(account, faceId);
    if (place === null) this.addFace(actor, account, record, modelId, secret);
    else if (this.#records.reconcile(account, record, modelId, secret, timestamp())) {
      this.#audit.append(actor, { kind: 'face-updated', account, collectionId, faceId });
      this.#tombstones.requireScrub();
    }
  }

  /** Leaves tombstones of those that were here. */
  deleteFaces(actor: Actor, account: string, faceIds: readonly string[]): void {
    const gone = faceIds.flatMap((faceId) => this.#faces.find(account, { faceId }));
    this.#erasure.remove(account, gone);
    for (const { collectionId, faceId } of gone) {
      const entry = { kind: 'face-deleted', account, collectionId, faceId } as const;
      this.#erasure.bury(actor, account, [{ collectionId, faceId }], entry);
    }
  }

  /** Without a tombstone: the face lives on, but not here. */
  evictFace(actor: Actor, account: string, faceId: string): void {
    const gone = this.#faces.find(account, { faceId });
    this.#erasure.remove(account, gone);
    for (const { collectionId } of gone) {
      const entry = { kind: 'face-evicted', account, collectionId, faceId } as const;
      this.#audit.append(actor, entry);
      this.#tombstones.requireScrub();
    }
  }

  /** Faces that were never here are not to come either. @param unknown of which there is neither face nor tombstone */
  forbid(actor: Actor, account: string, collectionId: string, unknown: readonly string[]): void {
    if (unknown.length === 0) return;
    const faces = unknown.map((faceId) => ({ collectionId, faceId }));
    this.#erasure.bury(actor, account, faces, { kind: 'erased', account, faces });
  }

  createCollection(actor: Actor, account: string, collectionId: string, description: string | null): void {
    const now = timestamp();
    this.#collections.create(account, { collectionId, description, createdAt: now, updatedAt: now });
    this.#audit.append(actor, { kind: 'collection-created', account, collectionId });
  }

  describeCollection(actor: Actor, account: string, collectionId: string, description: string | null): void {
    if (this.#collections.get(account, collectionId).description === description) return;
    this.#collections.describe(account, collectionId, description, timestamp());
    this.#audit.append(actor, { kind: 'collection-updated', account, collectionId });
  }

  /** With its faces. */
  deleteCollection(actor: Actor, account: string, collectionId: string): void {
    const collection = this.#collections.id(account, collectionId);
    const faces = this.#faces.count(collection);
    const { n } = this.#audit.append(actor, { kind: 'collection-deleted', account, collectionId, faces });
    this.#trash.throwAway(collection, timestamp(), n, null);
  }
}

const timestamp = (): string => new Date().toISOString();
