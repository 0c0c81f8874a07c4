import { setImmediate as breathe } from 'node:timers/promises';
import { LintelError, MAX_REFERENCES_PER_FACE } from '#contract';
import { AdaptiveIndex, fuse, similarity, type Candidate } from '#core/matching';
import type { Store, StoredReference } from '#core/store';

/** Templates read at once, a few milliseconds of work. */
const BATCH = 128;

/**
 * Faces beyond those asked for whose automatic references are looked at too. A face further down would have to be
 * lifted over all of these.
 */
const LIFTED = 4;

export interface CollectionIndexOptions {
  readonly store: Store;
  readonly account: string;
  readonly collectionId: string;
  readonly modelId: string;
  readonly dimension: number;
  /** Of the model's calibration. */
  readonly scale: number;
}

/** The templates of one collection and one model in memory, kept equal to the store. */
export class CollectionIndex {
  readonly #store: Store;
  readonly #account: string;
  readonly #collectionId: string;
  readonly #modelId: string;
  /** All but the automatic references. */
  readonly #index: AdaptiveIndex;
  /** Face of each reference that is known here. */
  readonly #faceIds = new Map<number, string>();
  /** Automatic references by face. They never find a face, they only lift one that was found. */
  readonly #automatic = new Map<string, Map<number, Float32Array>>();
  readonly #scale: number;
  #revision: string | null = null;
  /** Of the templates in the index. */
  #protection: string | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor({ store, account, collectionId, modelId, dimension, scale }: CollectionIndexOptions) {
    this.#scale = scale;
    this.#store = store;
    this.#account = account;
    this.#collectionId = collectionId;
    this.#modelId = modelId;
    this.#index = new AdaptiveIndex(dimension, async (referenceIds) => {
      const references = await store.references(account, modelId, referenceIds);
      return new Map(references.map(({ referenceId, template }) => [referenceId, template]));
    });
  }

  /** How many references a search compares with. */
  get size(): number {
    return this.#faceIds.size;
  }

  /** The most similar faces, best first; see `fuse`. */
  search(template: Float32Array, count: number): Candidate[] {
    const faces = this.#automatic.size === 0 ? count : count + LIFTED;
    // Even if every other reference belongs to a better face, the last one found is a new face's.
    const neighbours = this.#index.search(template, (faces - 1) * MAX_REFERENCES_PER_FACE + 1);
    const found = new Map<string, number>();
    for (const neighbour of neighbours) {
      const faceId = this.#faceIds.get(neighbour.label)!;
      if (!found.has(faceId)) found.set(faceId, neighbour.similarity);
    }
    return Array.from(found, ([faceId, firstHand]) => ({
      faceId,
      similarity: fuse(firstHand, this.#automaticSimilarity(faceId, template), this.#scale),
    }))
      .toSorted((a, b) => b.similarity - a.similarity)
      .slice(0, count);
  }

  #automaticSimilarity(faceId: string, template: Float32Array): number {
    const references = this.#automatic.get(faceId)?.values() ?? [];
    return Math.max(...Array.from(references, (reference) => similarity(reference, template)));
  }

  /** Take over what the store holds at this moment or later, the first time all of it. One call after the other. */
  follow(): Promise<void> {
    const followed = this.#work.then(() => this.#follow());
    this.#work = followed.catch(() => {});
    return followed;
  }

  async #follow(): Promise<void> {
    try {
      const revision = await this.#store.revision(this.#account, this.#collectionId);
      if (revision === this.#revision) return;
      const protection = await this.#store.protectionId();
      if (protection !== this.#protection) await this.#become([]);
      this.#protection = protection;
      await this.#become(await this.#store.referenceIds(this.#account, this.#collectionId, this.#modelId));
      this.#revision = revision;
    } catch (error) {
      if (error instanceof LintelError && error.code === 'collection-not-found') await this.#become([]);
      throw error;
    }
  }

  async #become(referenceIds: readonly number[]): Promise<void> {
    const wanted = new Set(referenceIds);
    for (const referenceId of this.#faceIds.keys()) {
      if (!wanted.has(referenceId)) this.#remove(referenceId);
    }
    const missing = referenceIds.filter((referenceId) => !this.#faceIds.has(referenceId));
    for (let start = 0; start < missing.length; start += BATCH) {
      const references = await this.#store.references(
        this.#account,
        this.#modelId,
        missing.slice(start, start + BATCH),
      );
      for (const reference of references) this.#add(reference);
      await breathe();
    }
  }

  #add({ referenceId, faceId, template, source }: StoredReference): void {
    if (source === 'automatic') {
      const automatic = this.#automatic.get(faceId) ?? new Map<number, Float32Array>();
      this.#automatic.set(faceId, automatic.set(referenceId, template));
    } else this.#index.add(referenceId, template);
    this.#faceIds.set(referenceId, faceId);
  }

  #remove(referenceId: number): void {
    const faceId = this.#faceIds.get(referenceId)!;
    const automatic = this.#automatic.get(faceId);
    automatic?.get(referenceId)?.fill(0);
    if (automatic?.delete(referenceId) && automatic.size === 0) this.#automatic.delete(faceId);
    this.#index.remove(referenceId);
    this.#faceIds.delete(referenceId);
  }
}
