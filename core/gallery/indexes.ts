import { LintelError } from '#contract';
import { CollectionIndex, type CollectionIndexOptions } from './collection-index.ts';
import { DescriptorIndex } from './descriptor-index.ts';
import { isCode } from './is-code.ts';

/** The indexes of one account's collections, each made when it is first asked for. */
export class Indexes {
  readonly #options: Omit<CollectionIndexOptions, 'collectionId'>;
  readonly #indexes = new Map<string, CollectionIndex>();
  readonly #descriptors = new Map<string, DescriptorIndex>();

  constructor(options: Omit<CollectionIndexOptions, 'collectionId'>) {
    this.#options = options;
  }

  /**
   * The templates of a collection as the store has them now.
   * @param onProgress as `CollectionIndex.follow`
   * @throws `collection-not-found`, `model-switched` when another model serves
   */
  async get(collectionId: string, onProgress?: (size: number) => void): Promise<CollectionIndex> {
    const { store, account, modelId } = this.#options;
    let index = this.#indexes.get(collectionId);
    if (index === undefined) {
      index = new CollectionIndex({ ...this.#options, collectionId });
      this.#indexes.set(collectionId, index);
    }
    try {
      await index.follow(onProgress);
      // Asked after it followed: the templates were all there while this model served.
      const serving = await store.servingModel(account);
      if (serving !== null && serving !== modelId) throw new LintelError('model-switched');
      return index;
    } catch (error) {
      if (isCode(error, 'collection-not-found')) this.#indexes.delete(collectionId);
      throw error;
    }
  }

  /** The second templates of a collection as the store has them now. @throws `collection-not-found` */
  async descriptors(collectionId: string): Promise<DescriptorIndex> {
    let index = this.#descriptors.get(collectionId);
    if (index === undefined) {
      index = new DescriptorIndex({ ...this.#options, collectionId });
      this.#descriptors.set(collectionId, index);
    }
    try {
      await index.follow();
      return index;
    } catch (error) {
      if (isCode(error, 'collection-not-found')) this.#descriptors.delete(collectionId);
      throw error;
    }
  }

  /** Let go of templates that were removed from the store. */
  async release(collectionId: string): Promise<void> {
    if (this.#descriptors.has(collectionId)) {
      await this.descriptors(collectionId).catch((error: unknown) => {
        if (!isCode(error, 'collection-not-found')) throw error;
      });
    }
    if (!this.#indexes.has(collectionId)) return;
    await this.get(collectionId).catch((error: unknown) => {
      if (!isCode(error, 'collection-not-found') && !isCode(error, 'model-switched')) throw error;
    });
  }

  async releaseAll(): Promise<void> {
    const held = new Set([...this.#indexes.keys(), ...this.#descriptors.keys()]);
    for (const collectionId of held) await this.release(collectionId);
  }
}
