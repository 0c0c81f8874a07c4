import type { Actor, Collection, FaceRecord } from '#contract';
import type { Parts, WriteTx } from '#core/store';
import type { FaceRecords } from './face-records.ts';

/** A face as it travelled, and how its templates are to be read. */
interface Arrival {
  readonly record: FaceRecord;
  readonly modelId: string;
  /** 32 bytes by which templates were rotated on their way. */
  readonly secret: Uint8Array;
}

type Described = Pick<Collection, 'collectionId' | 'description'>;

/** Changes that were made on another machine, recorded like one's own but not sent on. */
export class RemoteChanges {
  readonly #parts: Parts & { readonly records: FaceRecords };

  constructor(parts: Parts & { readonly records: FaceRecords }) {
    this.#parts = parts;
  }

  async addFace(tx: WriteTx, actor: Actor, account: string, arrival: Arrival): Promise<void> {
    const { record, modelId, secret } = arrival;
    await this.#parts.records.add(tx, account, record, modelId, secret);
    const { collectionId, faceId, references } = record;
    await this.#parts.audit.append(tx, actor, {
      kind: 'enrolled',
      account,
      collectionId,
      faceId,
      references: references.length,
    });
  }

  /** A face is as the record says, whether it was there or not. */
  async putFace(tx: WriteTx, actor: Actor, account: string, arrival: Arrival): Promise<void> {
    const { record, modelId, secret } = arrival;
    const { collectionId, faceId } = record;
    const place = await this.#parts.faces.place(tx, account, faceId);
    if (place === null) await this.addFace(tx, actor, account, arrival);
    else if (await this.#parts.records.reconcile(tx, account, record, modelId, secret, timestamp())) {
      await this.#parts.audit.append(tx, actor, { kind: 'face-updated', account, collectionId, faceId });
      await this.#parts.tombstones.requireScrub(tx);
    }
  }

  /** Leaves tombstones of those that were here. */
  async deleteFaces(tx: WriteTx, actor: Actor, account: string, faceIds: readonly string[]): Promise<void> {
    const gone = [];
    for (const faceId of faceIds) gone.push(...(await this.#parts.faces.find(tx, account, { faceId })));
    await this.#parts.erasure.remove(tx, account, gone);
    for (const { collectionId, faceId } of gone) {
      const entry = { kind: 'face-deleted', account, collectionId, faceId } as const;
      await this.#parts.erasure.bury(tx, actor, account, [{ collectionId, faceId }], entry);
    }
  }

  /** Without a tombstone: the face lives on, but not here. */
  async evictFace(tx: WriteTx, actor: Actor, account: string, faceId: string): Promise<void> {
    const gone = await this.#parts.faces.find(tx, account, { faceId });
    await this.#parts.erasure.remove(tx, account, gone);
    for (const { collectionId } of gone) {
      const entry = { kind: 'face-evicted', account, collectionId, faceId } as const;
      await this.#parts.audit.append(tx, actor, entry);
      await this.#parts.tombstones.requireScrub(tx);
    }
  }

  /** Faces that were never here are not to come either. @param unknown of which there is neither face nor tombstone */
  async forbid(
    tx: WriteTx,
    actor: Actor,
    account: string,
    collectionId: string,
    unknown: readonly string[],
  ): Promise<void> {
    if (unknown.length === 0) return;
    const faces = unknown.map((faceId) => ({ collectionId, faceId }));
    await this.#parts.erasure.bury(tx, actor, account, faces, { kind: 'erased', account, faces });
  }

  async createCollection(tx: WriteTx, actor: Actor, account: string, described: Described): Promise<void> {
    const { collectionId, description } = described;
    const now = timestamp();
    const times = { createdAt: now, updatedAt: now };
    await this.#parts.collections.create(tx, account, { collectionId, description, ...times });
    await this.#parts.audit.append(tx, actor, { kind: 'collection-created', account, collectionId });
  }

  async describeCollection(tx: WriteTx, actor: Actor, account: string, described: Described): Promise<void> {
    const { collectionId, description } = described;
    if ((await this.#parts.collections.get(tx, account, collectionId)).description === description) return;
    await this.#parts.collections.describe(tx, account, collectionId, description, timestamp());
    await this.#parts.audit.append(tx, actor, { kind: 'collection-updated', account, collectionId });
  }

  /** With its faces. */
  async deleteCollection(tx: WriteTx, actor: Actor, account: string, collectionId: string): Promise<void> {
    const collection = await this.#parts.collections.id(tx, account, collectionId);
    const faces = await this.#parts.faces.count(tx, collection);
    const { n } = await this.#parts.audit.append(tx, actor, {
      kind: 'collection-deleted',
      account,
      collectionId,
      faces,
    });
    await this.#parts.trash.throwAway(tx, collection, timestamp(), n, null);
  }
}

const timestamp = (): string => new Date().toISOString();
