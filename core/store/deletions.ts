import { LintelError, type ErasedFace } from '#contract';
import { Acting } from './acting.ts';

/** How faces, references and collections go: the methods of a store of the same names, for one actor. */
export class Deletions extends Acting {
  async resetCollection(account: string, collectionId: string) {
    await this.write(({ collections }) => {
      const collection = collections.get(account, collectionId);
      this.#throwAway('collection-reset', account, collectionId);
      collections.create(account, collection);
    });
    await this.parts.trash.empty();
  }

  async deleteCollection(account: string, collectionId: string) {
    const existed = await this.write(({ collections }) => {
      if (!collections.has(account, collectionId)) return false;
      this.#throwAway('collection-deleted', account, collectionId);
      return true;
    });
    await this.parts.trash.empty();
    return existed;
  }

  deleteFace(account: string, collectionId: string, faceId: string) {
    return this.write(({ collections, faces, erasure, outbox }) => {
      const collection = collections.id(account, collectionId);
      if (!faces.delete(collection, faceId)) return false;
      const entry = { kind: 'face-deleted', account, collectionId, faceId } as const;
      erasure.bury(this.actor, account, [{ collectionId, faceId }], entry);
      outbox.addDeletion(account, collectionId, [faceId]);
      collections.changed(collection);
      return true;
    });
  }

  removeAutomaticReferences(account: string, collectionId: string, faceId: string) {
    return this.write(({ collections, faces, references, tombstones, outbox }) => {
      const collection = collections.id(account, collectionId);
      const removed = references.removeAutomatic(faces.id(collection, faceId));
      if (removed.length > 0) {
        collections.changed(collection);
        const entry = { kind: 'references-removed', account, collectionId, faceId } as const;
        this.record({ ...entry, references: removed.length });
        tombstones.requireScrub();
        const place = { collectionId, faceId };
        outbox.add(account, 'references-removed', place, { ...place, uids: removed });
      }
      return faces.get(collection, faceId);
    });
  }

  async erase(account: string, who: { faceId: string } | { externalKey: string }) {
    const { gone, n, known } = await this.write(({ faces, erasure, tombstones, outbox }) => {
      const gone = faces.find(account, who);
      if (gone.length === 0) throw new LintelError('face-not-found');
      const earlier = tombstones.scrubMark;
      const traces = erasure.remove(account, gone);
      const n = erasure.bury(this.actor, account, gone, { kind: 'erased', account, faces: gone });
      for (const { collectionId, faceId } of gone) outbox.addDeletion(account, collectionId, [faceId]);
      // What earlier deletions left, nobody can search for any more.
      const known = traces && earlier === null ? { traces, mark: tombstones.scrubMark } : null;
      return { gone, n, known };
    });
    await this.parts.scrubber.scrub(known);
    return await this.write(({ erasure, remoteFaces }) => {
      remoteFaces.requireAnswers(gone.map(({ faceId }) => faceId));
      return erasure.receipt(account, gone, n);
    });
  }

  async receipt(account: string, faceId: string) {
    await this.parts.trash.empty();
    const { collectionId, n } = await this.write(({ tombstones, erasure }) => {
      const found = tombstones.get(account, faceId);
      if (erasure.forget(account, [faceId])) tombstones.requireScrub();
      return found;
    });
    await this.scrub();
    return await this.write(({ erasure, remoteFaces }) => {
      remoteFaces.requireAnswers([faceId]);
      return erasure.receipt(account, [{ collectionId, faceId }], n);
    });
  }

  async scrub(): Promise<boolean> {
    const required = await this.read(({ tombstones }) => tombstones.scrubMark !== null);
    if (required) await this.parts.scrubber.scrub(null);
    return required;
  }

  /** Make sure that faces which were deleted elsewhere are not here and cannot come. @returns how many were here */
  forget(gone: readonly (ErasedFace & { readonly account: string })[]): Promise<number> {
    return this.write(({ faces, erasure, tombstones, outbox }) => {
      let count = 0;
      for (const { account, collectionId, faceId } of gone) {
        if (tombstones.has(account, faceId)) continue;
        const found = faces.find(account, { faceId });
        erasure.remove(account, found);
        count += found.length;
        const buried = [{ collectionId, faceId }];
        erasure.bury(this.actor, account, buried, { kind: 'erased', account, faces: buried });
        outbox.addDeletion(account, collectionId, [faceId]);
      }
      return count;
    });
  }

  /** Within a transaction. */
  #throwAway(kind: 'collection-reset' | 'collection-deleted', account: string, collectionId: string): void {
    const { collections, faces, trash } = this.parts;
    const collection = collections.id(account, collectionId);
    const { n } = this.record({ kind, account, collectionId, faces: faces.count(collection) });
    trash.throwAway(collection, timestamp(), n, kind === 'collection-reset' ? 'faces' : 'collection');
  }
}

const timestamp = (): string => new Date().toISOString();
