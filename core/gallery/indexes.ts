import { LintelError, type PartFound } from '#contract';
import { WHOLE, type CollectionPart } from '#core/store';
import { bytesOf, CollectionIndex, type CollectionIndexOptions } from './collection-index.ts';
import { DescriptorIndex } from './descriptor-index.ts';
import { divisionOf } from './division.ts';
import { IndexMemory, type Held } from './index-memory.ts';
import { isCode } from './is-code.ts';
import { merge, type Found } from './part-found.ts';

/** Where a part of a collection is looked for. */
export interface PartPlace extends CollectionPart {
  readonly account: string;
  readonly collectionId: string;
  readonly modelId: string;
}

/** Other processes on the same store that hold parts of collections in their memory. */
export interface Holders {
  /**
   * What the one that holds a part finds in it.
   * @param template protected
   * @param count faces at most
   * @returns null: it is to be looked for here
   */
  search(place: PartPlace, template: Float32Array, count: number): Promise<PartFound | null>;
}

export interface IndexesOptions extends Omit<CollectionIndexOptions, 'collectionId' | 'part'> {
  /** Of the model's calibration. */
  readonly scale: number;
  /** Shared with other accounts; by default there is room for everything. */
  readonly memory?: IndexMemory | undefined;
  /** By default nobody. */
  readonly holders?: Holders | undefined;
}

/** What is held of one collection. */
interface HeldCollection {
  /** By number and how many there are. */
  readonly parts: Map<string, CollectionIndex>;
  descriptors: DescriptorIndex | null;
  /** In how many parts it was searched last; null: it was not. */
  division: number | null;
}

const indexesOf = ({ parts, descriptors }: HeldCollection): (CollectionIndex | DescriptorIndex)[] => [
  ...parts.values(),
  ...(descriptors === null ? [] : [descriptors]),
];

/** The indexes of one account's collections, each made when it is first asked for. */
export class Indexes {
  readonly #options: IndexesOptions;
  readonly #memory: IndexMemory;
  readonly #collections = new Map<string, HeldCollection>();

  constructor(options: IndexesOptions) {
    this.#options = options;
    this.#memory = options.memory ?? new IndexMemory();
  }

  /**
   * The faces most like a template, in the collection as the store has it now.
   * @param template protected
   * @throws `collection-not-found`, `model-switched` when another model serves
   */
  async search(collectionId: string, template: Float32Array, count: number): Promise<Found> {
    const { account, modelId, scale, holders } = this.#options;
    const of = await this.#divisionOf(collectionId);
    const parts = await Promise.all(
      Array.from({ length: of }, async (_, number) => {
        const place = { account, collectionId, modelId, number, of };
        const there = await holders?.search(place, template, count);
        return there ?? (await this.searchPart(collectionId, { number, of }, template, count));
      }),
    );
    // Asked after they followed: the templates were all there while this model served.
    await this.#requireServing();
    const found = merge(parts, count, scale);
    this.#held(collectionId).division = this.#divide(found.size, of);
    return found;
  }

  /** As {@link search}, of one part and in this process. @throws `collection-not-found` */
  async searchPart(
    collectionId: string,
    part: CollectionPart,
    template: Float32Array,
    count: number,
  ): Promise<PartFound> {
    const index = this.#part(collectionId, part);
    return await this.#use(collectionId, index, async () => {
      await index.follow();
      return await index.search(template, count);
    });
  }

  /**
   * Have the templates of a collection in memory ahead of its first search.
   * @param onProgress as `CollectionIndex.follow`
   * @throws as {@link search}
   */
  async load(collectionId: string, onProgress?: (size: number) => void): Promise<void> {
    const index = this.#part(collectionId, WHOLE);
    await this.#use(collectionId, index, () => index.follow(onProgress));
    await this.#requireServing();
  }

  /** Look through the second templates of a collection as the store has them now. @throws `collection-not-found` */
  async withDescriptors<T>(collectionId: string, work: (index: DescriptorIndex) => Promise<T>): Promise<T> {
    const held = this.#held(collectionId);
    const index = (held.descriptors ??= new DescriptorIndex({ ...this.#options, collectionId }));
    return await this.#use(collectionId, index, async () => {
      await index.follow();
      return await work(index);
    });
  }

  /** Follow what changed in the store, as far as the collection is in memory: let go of templates that were removed. */
  async release(collectionId: string): Promise<void> {
    const held = this.#collections.get(collectionId);
    if (held === undefined) return;
    for (const index of indexesOf(held).filter(({ bytes }) => bytes > 0)) {
      await this.#use(collectionId, index, () => index.follow()).catch((error: unknown) => {
        if (!isCode(error, 'collection-not-found')) throw error;
      });
    }
  }

  async releaseAll(): Promise<void> {
    for (const collectionId of this.#collections.keys()) await this.release(collectionId);
  }

  async #requireServing(): Promise<void> {
    const { store, account, modelId } = this.#options;
    const serving = await store.servingModel(account);
    if (serving !== null && serving !== modelId) throw new LintelError('model-switched');
  }

  async #use<T>(collectionId: string, index: Held, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#memory.use(index, work);
    } catch (error) {
      if (isCode(error, 'collection-not-found')) await this.#forget(collectionId);
      throw error;
    }
  }

  /** The collection is gone: so are its templates. */
  async #forget(collectionId: string): Promise<void> {
    const held = this.#collections.get(collectionId);
    this.#collections.delete(collectionId);
    for (const index of held === undefined ? [] : indexesOf(held)) await this.#memory.forget(index);
  }

  async #divisionOf(collectionId: string): Promise<number> {
    if (!Number.isFinite(this.#memory.budget)) return 1;
    const known = this.#collections.get(collectionId)?.division ?? null;
    if (known !== null) return known;
    const { store, account, modelId } = this.#options;
    const size = await store.countReferences(account, collectionId, modelId);
    return this.#divide(size, 1);
  }

  #divide(size: number, before: number): number {
    const each = bytesOf(1000, this.#options.dimension) / 1000;
    return divisionOf(size, before, each, this.#memory.budget);
  }

  #part(collectionId: string, part: CollectionPart): CollectionIndex {
    const { parts } = this.#held(collectionId);
    const name = `${part.number}/${part.of}`;
    let index = parts.get(name);
    if (index === undefined) {
      index = new CollectionIndex({ ...this.#options, collectionId, part });
      parts.set(name, index);
    }
    return index;
  }

  #held(collectionId: string): HeldCollection {
    let held = this.#collections.get(collectionId);
    if (held === undefined) {
      held = { parts: new Map(), descriptors: null, division: null };
      this.#collections.set(collectionId, held);
    }
    return held;
  }
}
