import { LintelError, type Actor } from '#contract';
import type { AuditTable } from './audit-table.ts';
import type { Collections } from './collections.ts';
import type { Erasure } from '../erasure.ts';
import type { Faces } from './faces.ts';
import type { Outbox } from './outbox.ts';
import type { Tombstones } from './tombstones.ts';
import type { WriteTx } from '../sql/transactions.ts';

/** What a change of a key touches. */
export interface ExternalKeysParts {
  readonly collections: Collections;
  readonly faces: Faces;
  readonly tombstones: Tombstones;
  readonly audit: AuditTable;
  readonly erasure: Erasure;
  readonly outbox: Outbox;
}

/** The keys by which others know faces: each change is recorded, and a former key goes from the file. */
export class ExternalKeys {
  readonly #parts: ExternalKeysParts;

  constructor(parts: ExternalKeysParts) {
    this.#parts = parts;
  }

  /** @throws `collection-not-found`, `face-not-found`, `external-key-in-use` unless `allowDuplicates` */
  async set(
    tx: WriteTx,
    actor: Actor,
    account: string,
    collectionId: string,
    faceId: string,
    externalKey: string,
    allowDuplicates: boolean,
  ): Promise<'created' | 'updated'> {
    const collection = await this.#parts.collections.id(tx, account, collectionId);
    const before = await this.#parts.faces.get(tx, collection, faceId);
    const holders = await this.#parts.faces.withExternalKey(tx, collection, externalKey);
    if (!allowDuplicates && holders.some((holder) => holder !== faceId)) {
      throw new LintelError('external-key-in-use');
    }
    await this.#parts.faces.setExternalKey(
      tx,
      await this.#parts.faces.id(tx, collection, faceId),
      externalKey,
      timestamp(),
    );
    await this.#parts.collections.changed(tx, collection);
    const place = { collectionId, faceId };
    await this.#parts.audit.append(tx, actor, { kind: 'external-key-set', account, ...place });
    await this.#parts.outbox.add(tx, account, 'external-key-set', place, {
      ...place,
      externalKey,
      allowDuplicates,
    });
    if (before.externalKey === null) return 'created';
    await this.#parts.tombstones.requireScrub(tx);
    return 'updated';
  }

  /** @param only the face to take it from; null: from all @returns how many had it @throws `collection-not-found` */
  async remove(
    tx: WriteTx,
    actor: Actor,
    account: string,
    collectionId: string,
    externalKey: string,
    only: string | null,
  ): Promise<number> {
    const collection = await this.#parts.collections.id(tx, account, collectionId);
    const all = await this.#parts.faces.withExternalKey(tx, collection, externalKey);
    const holders = all.filter((faceId) => only === null || faceId === only);
    for (const faceId of holders) {
      await this.#parts.faces.setExternalKey(
        tx,
        await this.#parts.faces.id(tx, collection, faceId),
        null,
        timestamp(),
      );
      const place = { collectionId, faceId };
      await this.#parts.audit.append(tx, actor, { kind: 'external-key-removed', account, ...place });
      await this.#parts.outbox.add(tx, account, 'external-key-removed', place, { ...place, externalKey });
    }
    if (holders.length > 0) {
      await this.#parts.tombstones.requireScrub(tx);
      await this.#parts.collections.changed(tx, collection);
    }
    return holders.length;
  }

  /** @returns how many faces had it @throws `collection-not-found` */
  async deleteFaces(
    tx: WriteTx,
    actor: Actor,
    account: string,
    collectionId: string,
    externalKey: string,
  ): Promise<number> {
    const collection = await this.#parts.collections.id(tx, account, collectionId);
    const gone = await this.#parts.faces.withExternalKey(tx, collection, externalKey);
    for (const faceId of gone) {
      await this.#parts.faces.delete(tx, collection, faceId);
      const entry = { kind: 'face-deleted', account, collectionId, faceId } as const;
      await this.#parts.erasure.bury(tx, actor, account, [{ collectionId, faceId }], entry);
    }
    await this.#parts.outbox.addDeletion(tx, account, collectionId, gone);
    if (gone.length > 0) await this.#parts.collections.changed(tx, collection);
    return gone.length;
  }
}

const timestamp = (): string => new Date().toISOString();
