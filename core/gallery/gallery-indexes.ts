import type { PartFound } from '#contract';
import type { CollectionPart } from '#core/store';
import type { ComparedDescriptor, DescriptorFilter } from './descriptor-index.ts';
import { GalleryRecords } from './gallery-records.ts';

/** What is in memory of the collections of one account. */
export abstract class GalleryIndexes extends GalleryRecords {
  /**
   * Load a collection into memory ahead of its first search.
   * @param onProgress called again and again with how many references are in memory so far
   * @throws as {@link getCollection}
   */
  async preload(collectionId: string, onProgress?: (size: number) => void): Promise<void> {
    await this.indexes.load(this.in(collectionId)[1], onProgress);
  }

  /** Let go of templates that were removed from the store by other ways. */
  async release(collectionId: string): Promise<void> {
    await this.indexes.release(collectionId);
  }

  /**
   * The second templates most like one, of each face the nearest, nearest first, as the store has them now.
   * @param descriptor as the network made it
   * @param only those of one face, or those that clients sent; all by default
   * @throws `collection-id-invalid`, `collection-not-found`
   */
  async searchDescriptors(
    collectionId: string,
    descriptor: Float32Array,
    only: DescriptorFilter = {},
  ): Promise<ComparedDescriptor[]> {
    const [, place] = this.in(collectionId);
    return await this.indexes.withDescriptors(place, (index) => index.search(descriptor, only));
  }

  /**
   * What this process finds in a part of a collection, for another one.
   * @param template protected
   * @throws `collection-id-invalid`, `collection-not-found`
   */
  async searchPart(
    collectionId: string,
    part: CollectionPart,
    template: Float32Array,
    count: number,
  ): Promise<PartFound> {
    return await this.indexes.searchPart(this.in(collectionId)[1], part, template, count);
  }
}
