import type { z } from 'zod';
import {
  CollectionId,
  ExternalKey,
  LintelError,
  type Collection,
  type ErasureReceipt,
  type ErrorCode,
  type Face,
} from '#contract';
import type { ErasureReason, ErasureSubject, FaceParticulars, FaceQuery, NewNotes, Store } from '#core/store';
import type { Indexes } from './indexes.ts';
import { isCode } from './is-code.ts';

/** Collections, faces and their keys of one account, as far as no template is looked at. What goes leaves the indexes. */
export abstract class GalleryRecords {
  protected readonly store: Store;
  protected readonly account: string;
  protected readonly indexes: Indexes;

  constructor(store: Store, account: string, indexes: Indexes) {
    this.store = store;
    this.account = account;
    this.indexes = indexes;
  }

  /** @throws `collection-id-invalid`, `collection-exists` */
  async createCollection(collectionId: string, description: string | null = null): Promise<Collection> {
    valid(CollectionId, collectionId, 'collection-id-invalid');
    return await this.store.createCollection(this.account, collectionId, description);
  }

  /** Create the collection unless it is there. @throws `collection-id-invalid` */
  async ensureCollection(collectionId: string): Promise<void> {
    try {
      await this.getCollection(collectionId);
      return;
    } catch (error) {
      if (!isCode(error, 'collection-not-found')) throw error;
    }
    try {
      await this.createCollection(collectionId);
    } catch (error) {
      // Another process was first.
      if (!isCode(error, 'collection-exists')) throw error;
    }
  }

  /** @throws `collection-id-invalid`, `collection-not-found` */
  async getCollection(collectionId: string): Promise<Collection> {
    return await this.store.getCollection(...this.in(collectionId));
  }

  listCollections(): Promise<Collection[]> {
    return this.store.listCollections(this.account);
  }

  /** @throws `collection-id-invalid`, `collection-not-found` */
  async updateCollection(collectionId: string, description: string | null): Promise<Collection> {
    return await this.store.updateCollection(...this.in(collectionId), description);
  }

  /** Remove every face, keep the collection. @throws `collection-id-invalid`, `collection-not-found` */
  async resetCollection(collectionId: string): Promise<void> {
    await this.store.resetCollection(...this.in(collectionId));
    await this.indexes.release(collectionId);
  }

  /** @returns whether it existed @throws `collection-id-invalid` */
  async deleteCollection(collectionId: string): Promise<boolean> {
    const existed = await this.store.deleteCollection(...this.in(collectionId));
    await this.indexes.release(collectionId);
    return existed;
  }

  /** @throws `collection-id-invalid`, `collection-not-found`, `face-not-found` */
  async getFace(collectionId: string, faceId: string): Promise<Face> {
    return await this.store.getFace(...this.in(collectionId), faceId);
  }

  /** A page in order of enrolment, all faces by default. @throws `collection-id-invalid`, `collection-not-found` */
  async listFaces(collectionId: string, query?: FaceQuery): Promise<{ faces: Face[]; total: number }> {
    return await this.store.listFaces(...this.in(collectionId), query);
  }

  /**
   * What an operator or an API notes about a person, in place of the former; consent, and what of access is not named, stay.
   * @param document of an API, JSON text; by default it stays
   * @throws `collection-id-invalid`, `collection-not-found`, `face-not-found`
   */
  async setMetadata(
    collectionId: string,
    faceId: string,
    metadata: NewNotes,
    document?: string,
  ): Promise<Face> {
    return await this.store.setMetadata(...this.in(collectionId), faceId, metadata, document);
  }

  /** By face id; faces that are gone are left out. @throws `collection-id-invalid`, `collection-not-found` */
  async particulars(collectionId: string, faceIds: readonly string[]): Promise<Map<string, FaceParticulars>> {
    return await this.store.particulars(...this.in(collectionId), faceIds);
  }

  /** The number of a face, which stays the same as long as it is there. @throws `collection-id-invalid`, `collection-not-found`, `face-not-found` */
  async numberOf(collectionId: string, faceId: string): Promise<number> {
    const known = (await this.particulars(collectionId, [faceId])).get(faceId);
    if (known === undefined) throw new LintelError('face-not-found');
    return known.number;
  }

  /** Remove the pictures kept of a face; it is recognised all the same. @throws `collection-id-invalid`, `collection-not-found`, `face-not-found` */
  async dropPictures(collectionId: string, faceId: string): Promise<void> {
    await this.store.dropImagesOf(...this.in(collectionId), faceId);
  }

  /**
   * Whether the collection keeps automatic references of faces that are identified beyond doubt.
   * @throws `collection-id-invalid`, `collection-not-found`
   */
  async autoEnrols(collectionId: string): Promise<boolean> {
    return await this.store.autoEnrols(...this.in(collectionId));
  }

  /** @throws `collection-id-invalid`, `collection-not-found` */
  async setAutoEnrol(collectionId: string, autoEnrol: boolean): Promise<void> {
    await this.store.setAutoEnrol(...this.in(collectionId), autoEnrol);
  }

  /** A string that differs after every change of the collection's faces. @throws `collection-id-invalid`, `collection-not-found` */
  async revision(collectionId: string): Promise<string> {
    return await this.store.revision(...this.in(collectionId));
  }

  /** How many faces a collection holds. @throws `collection-id-invalid`, `collection-not-found` */
  async count(collectionId: string): Promise<number> {
    return (await this.listFaces(collectionId, { limit: 0 })).total;
  }

  /** How many references with a template of a model a collection holds. @throws as {@link count} */
  async countReferences(collectionId: string, modelId: string): Promise<number> {
    return await this.store.countReferences(...this.in(collectionId), modelId);
  }

  /** @returns whether it existed @throws `collection-id-invalid`, `collection-not-found` */
  async deleteFace(collectionId: string, faceId: string): Promise<boolean> {
    const existed = await this.store.deleteFace(...this.in(collectionId), faceId);
    await this.indexes.release(collectionId);
    return existed;
  }

  /** @returns how many there were @throws as {@link faceIdsByExternalKey} */
  async deleteFacesByExternalKey(collectionId: string, externalKey: string): Promise<number> {
    valid(ExternalKey, externalKey, 'external-key-invalid');
    const count = await this.store.deleteFacesByExternalKey(...this.in(collectionId), externalKey);
    await this.indexes.release(collectionId);
    return count;
  }

  /** Take a key from one face, or from every face that has it (null). @throws as {@link faceIdsByExternalKey} */
  async removeExternalKey(collectionId: string, externalKey: string, faceId: string | null): Promise<void> {
    valid(ExternalKey, externalKey, 'external-key-invalid');
    await this.store.removeExternalKey(...this.in(collectionId), externalKey, faceId);
  }

  /**
   * Delete a face, or every face under an external key of a collection, without a trace; see `Store.erase`.
   * @throws `face-not-found`, `store-busy`
   */
  async erase(who: ErasureSubject, reason?: ErasureReason): Promise<ErasureReceipt> {
    try {
      return await this.store.erase(this.account, who, reason);
    } finally {
      await this.indexes.releaseAll();
    }
  }

  /**
   * Bind a key to a face, replacing the face's former key.
   * @returns `created` when the face had none
   * @throws `collection-id-invalid`, `external-key-invalid`, `collection-not-found`, `face-not-found`,
   *   `external-key-in-use` unless `allowDuplicates`
   */
  async setExternalKey(
    collectionId: string,
    faceId: string,
    externalKey: string,
    { allowDuplicates = false } = {},
  ): Promise<'created' | 'updated'> {
    valid(ExternalKey, externalKey, 'external-key-invalid');
    return await this.store.setExternalKey(...this.in(collectionId), faceId, externalKey, allowDuplicates);
  }

  /** @throws `collection-id-invalid`, `external-key-invalid`, `collection-not-found` */
  async faceIdsByExternalKey(collectionId: string, externalKey: string): Promise<string[]> {
    valid(ExternalKey, externalKey, 'external-key-invalid');
    return await this.store.faceIdsByExternalKey(...this.in(collectionId), externalKey);
  }

  /** Undo what {@link learn} did to a face. @throws `collection-id-invalid`, `collection-not-found`, `face-not-found` */
  async unlearn(collectionId: string, faceId: string): Promise<Face> {
    const face = await this.store.unlearn(...this.in(collectionId), faceId);
    await this.indexes.release(collectionId);
    return face;
  }

  /** Where a collection is. @throws `collection-id-invalid` */
  protected in(collectionId: string): [account: string, collectionId: string] {
    valid(CollectionId, collectionId, 'collection-id-invalid');
    return [this.account, collectionId];
  }
}

/** @throws the code for what the schema does not take */
export function valid(schema: z.ZodType, value: unknown, code: ErrorCode): void {
  if (!schema.safeParse(value).success) throw new LintelError(code);
}
