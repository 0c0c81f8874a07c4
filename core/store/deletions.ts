import { LintelError, type ErasedFace } from '#contract';
import { Acting } from './acting.ts';
import type { WriteTx } from './file/transactions.ts';

/** How faces, references and collections go: the methods of a store of the same names, for one actor. */
export class Deletions extends Acting {
  async resetCollection(account: string, collectionId: string) {
    await this.write((tx, { collections }) => {
      const collection = collections.get(tx, account, collectionId);
      this.#throwAway(tx, 'collection-reset', account, collectionId);
      collections.create(tx, account, collection);
    });
    await this.parts.trash.empty();
  }

  async deleteCollection(account: string, collectionId: string) {
    const existed = await this.write((tx, { collections }) => {
      if (!collections.has(tx, account, collectionId)) return false;
      this.#throwAway(tx, 'collection-deleted', account, collectionId);
      return true;
    });
    await this.parts.trash.empty();
    return existed;
  }

  deleteFace(account: string, collectionId: string, faceId: string) {
    return this.write((tx, { collections, faces, erasure, outbox }) => {
      const collection = collections.id(tx, account, collectionId);
      if (!faces.delete(tx, collection, faceId)) return false;
      const entry = { kind: 'face-deleted', account, collectionId, faceId } as const;
      erasure.bury(tx, this.actor, account, [{ collectionId, faceId }], entry);
      outbox.addDeletion(tx, account, collectionId, [faceId]);
      collections.changed(tx, collection);
      return true;
    });
  }

  unlearn(account: string, collectionId: string, faceId: string) {
    return this.write((tx, { collections, faces, references, tombstones, outbox }) => {
      const collection = collections.id(tx, account, collectionId);
      const removed = references.removeAutomatic(tx, faces.id(tx, collection, faceId));
      if (removed.length > 0) {
        collections.changed(tx, collection);
        const entry = { kind: 'references-removed', account, collectionId, faceId } as const;
        this.record(tx, { ...entry, references: removed.length });
        tombstones.requireScrub(tx);
        const place = { collectionId, faceId };
        outbox.add(tx, account, 'references-removed', place, { ...place, uids: removed });
      }
      return faces.get(tx, collection, faceId);
    });
  }

  async erase(account: string, who: { faceId: string } | { externalKey: string }) {
    const { gone, n, known } = await this.write((tx, { faces, erasure, tombstones, outbox }) => {
      const gone = faces.find(tx, account, who);
      if (gone.length === 0) throw new LintelError('face-not-found');
      const earlier = tombstones.scrubMark(tx);
      const traces = erasure.remove(tx, account, gone);
      const n = erasure.bury(tx, this.actor, account, gone, { kind: 'erased', account, faces: gone });
      for (const { collectionId, faceId } of gone) outbox.addDeletion(tx, account, collectionId, [faceId]);
      // What earlier deletions left, nobody can search for any more.
      const known = traces && earlier === null ? { traces, mark: tombstones.scrubMark(tx) } : null;
      return { gone, n, known };
    });
    await this.parts.scrubber.scrub(known);
    return await this.write((tx, { erasure, remoteFaces }) => {
      remoteFaces.requireAnswers(
        tx,
        gone.map(({ faceId }) => faceId),
      );
      return erasure.receipt(tx, account, gone, n);
    });
  }

  async receipt(account: string, faceId: string) {
    await this.parts.trash.empty();
    const { collectionId, n } = await this.write((tx, { tombstones, erasure }) => {
      const found = tombstones.get(tx, account, faceId);
      if (erasure.forget(tx, account, [faceId])) tombstones.requireScrub(tx);
      return found;
    });
    await this.scrub();
    return await this.write((tx, { erasure, remoteFaces }) => {
      remoteFaces.requireAnswers(tx, [faceId]);
      return erasure.receipt(tx, account, [{ collectionId, faceId }], n);
    });
  }

  async scrub(): Promise<boolean> {
    const required = await this.read((tx, { tombstones }) => tombstones.scrubMark(tx) !== null);
    if (required) await this.parts.scrubber.scrub(null);
    return required;
  }

  /** Make sure that faces which were deleted elsewhere are not here and cannot come. @returns how many were here */
  forget(gone: readonly (ErasedFace & { readonly account: string })[]): Promise<number> {
    return this.write((tx, { faces, erasure, tombstones, outbox }) => {
      let count = 0;
      for (const { account, collectionId, faceId } of gone) {
        if (tombstones.has(tx, account, faceId)) continue;
        const found = faces.find(tx, account, { faceId });
        erasure.remove(tx, account, found);
        count += found.length;
        const buried = [{ collectionId, faceId }];
        erasure.bury(tx, this.actor, account, buried, { kind: 'erased', account, faces: buried });
        outbox.addDeletion(tx, account, collectionId, [faceId]);
      }
      return count;
    });
  }

  /** */
  #throwAway(
    tx: WriteTx,
    kind: 'collection-reset' | 'collection-deleted',
    account: string,
    collectionId: string,
  ): void {
    const { collections, faces, trash } = this.parts;
    const collection = collections.id(tx, account, collectionId);
    const { n } = this.record(tx, { kind, account, collectionId, faces: faces.count(tx, collection) });
    trash.throwAway(tx, collection, timestamp(), n, kind === 'collection-reset' ? 'faces' : 'collection');
  }
}

const timestamp = (): string => new Date().toISOString();
