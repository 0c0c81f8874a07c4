import { LintelError, type ErasedFace } from '#contract';
import { Acting } from './acting.ts';
import { consentWithdrawn } from './noted.ts';
import type { ErasureReason, ErasureSubject } from './records.ts';
import type { WriteTx } from './sql/transactions.ts';

/** How faces, references and collections go: the methods of a store of the same names, for one actor. */
export class Deletions extends Acting {
  async resetCollection(account: string, collectionId: string) {
    await this.write(async (tx, { collections }) => {
      const collection = await collections.get(tx, account, collectionId);
      await this.#throwAway(tx, 'collection-reset', account, collectionId);
      await collections.create(tx, account, collection);
    });
    await this.parts.trash.empty();
  }

  async deleteCollection(account: string, collectionId: string) {
    const existed = await this.write(async (tx, { collections }) => {
      if (!(await collections.has(tx, account, collectionId))) return false;
      await this.#throwAway(tx, 'collection-deleted', account, collectionId);
      return true;
    });
    await this.parts.trash.empty();
    return existed;
  }

  deleteFace(account: string, collectionId: string, faceId: string) {
    return this.write(async (tx, { collections, faces, erasure, outbox }) => {
      const collection = await collections.id(tx, account, collectionId);
      if (!(await faces.delete(tx, collection, faceId))) return false;
      const entry = { kind: 'face-deleted', account, collectionId, faceId } as const;
      await erasure.bury(tx, this.actor, account, [{ collectionId, faceId }], entry);
      await outbox.addDeletion(tx, account, collectionId, [faceId]);
      await collections.changed(tx, collection);
      return true;
    });
  }

  unlearn(account: string, collectionId: string, faceId: string) {
    return this.write(async (tx, { collections, faces, references, tombstones, outbox }) => {
      const collection = await collections.id(tx, account, collectionId);
      const removed = await references.removeAutomatic(tx, await faces.id(tx, collection, faceId));
      if (removed.length > 0) {
        await collections.changed(tx, collection);
        const entry = { kind: 'references-removed', account, collectionId, faceId } as const;
        await this.record(tx, { ...entry, references: removed.length });
        await tombstones.requireScrub(tx);
        const place = { collectionId, faceId };
        await outbox.add(tx, account, 'references-removed', place, { ...place, uids: removed });
      }
      return await faces.get(tx, collection, faceId);
    });
  }

  async erase(account: string, who: ErasureSubject, reason?: ErasureReason) {
    const { gone, n, known } = await this.write(async (tx, parts) => {
      const { collections, faces, erasure, tombstones, outbox } = parts;
      const gone = await faces.find(tx, account, who);
      if (gone.length === 0) throw new LintelError('face-not-found');
      const earlier = await tombstones.scrubMark(tx);
      for (const { collectionId, faceId } of reason === 'consent-withdrawn' ? gone : []) {
        const { metadata } = await faces.get(tx, await collections.id(tx, account, collectionId), faceId);
        await this.record(tx, consentWithdrawn({ account, collectionId, faceId }, metadata));
      }
      const traces = await erasure.remove(tx, account, gone);
      const n = await erasure.bury(tx, this.actor, account, gone, { kind: 'erased', account, faces: gone });
      for (const { collectionId, faceId } of gone)
        await outbox.addDeletion(tx, account, collectionId, [faceId]);
      // What earlier deletions left, nobody can search for any more.
      const known = traces && earlier === null ? { traces, mark: await tombstones.scrubMark(tx) } : null;
      return { gone, n, known };
    });
    await this.parts.scrubber.scrub(known);
    return await this.write(async (tx, { erasure, remoteFaces }) => {
      await remoteFaces.requireAnswers(
        tx,
        gone.map(({ faceId }) => faceId),
      );
      return await erasure.receipt(tx, account, gone, n);
    });
  }

  async receipt(account: string, faceId: string) {
    await this.parts.trash.empty();
    const { collectionId, n } = await this.write(async (tx, { tombstones, erasure }) => {
      const found = await tombstones.get(tx, account, faceId);
      if (await erasure.forget(tx, account, [faceId])) {
        await tombstones.requireScrub(tx);
        await this.parts.engine.forgetting?.deletedMore(tx, account, [faceId]);
      }
      return found;
    });
    await this.scrub();
    return await this.write(async (tx, { erasure, remoteFaces }) => {
      await remoteFaces.requireAnswers(tx, [faceId]);
      return await erasure.receipt(tx, account, [{ collectionId, faceId }], n);
    });
  }

  async scrub(): Promise<boolean> {
    const required = await this.read(async (tx, { tombstones }) => (await tombstones.scrubMark(tx)) !== null);
    if (required) await this.parts.scrubber.scrub(null);
    return required;
  }

  /** Make sure that faces which were deleted elsewhere are not here and cannot come. @returns how many were here */
  forget(gone: readonly (ErasedFace & { readonly account: string })[]): Promise<number> {
    return this.write(async (tx, { faces, erasure, tombstones, outbox }) => {
      let count = 0;
      for (const { account, collectionId, faceId } of gone) {
        if (await tombstones.has(tx, account, faceId)) continue;
        const found = await faces.find(tx, account, { faceId });
        await erasure.remove(tx, account, found);
        count += found.length;
        const buried = [{ collectionId, faceId }];
        await erasure.bury(tx, this.actor, account, buried, { kind: 'erased', account, faces: buried });
        await outbox.addDeletion(tx, account, collectionId, [faceId]);
      }
      return count;
    });
  }

  /** */
  async #throwAway(
    tx: WriteTx,
    kind: 'collection-reset' | 'collection-deleted',
    account: string,
    collectionId: string,
  ): Promise<void> {
    const { collections, faces, trash } = this.parts;
    const collection = await collections.id(tx, account, collectionId);
    const { n } = await this.record(tx, {
      kind,
      account,
      collectionId,
      faces: await faces.count(tx, collection),
    });
    await trash.throwAway(
      tx,
      collection,
      timestamp(),
      n,
      kind === 'collection-reset' ? 'faces' : 'collection',
    );
  }
}

const timestamp = (): string => new Date().toISOString();
