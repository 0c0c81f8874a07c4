import { setImmediate as breathe } from 'node:timers/promises';
import { LintelError, MAX_REFERENCES_PER_FACE } from '#contract';
import { AdaptiveIndex, type Candidate } from '#core/matching';
import type { Store } from '#core/store';

/** Templates read at once, a few milliseconds of work. */
const BATCH = 128;

/** The templates of one collection and one model in memory, kept equal to the store. */
export class CollectionIndex {
  readonly #store: Store;
  readonly #account: string;
  readonly #collectionId: string;
  readonly #modelId: string;
  readonly #index: AdaptiveIndex;
  /** Face of each reference that is in the index. */
  readonly #faceIds = new Map<number, string>();
  #revision: string | null = null;
  /** Of the templates in the index. */
  #protection: string | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(store: Store, account: string, collectionId: string, modelId: string, dimension: number) {
    this.#store = store;
    this.#account = account;
    this.#collectionId = collectionId;
    this.#modelId = modelId;
    this.#index = new AdaptiveIndex(dimension, async (referenceIds) => {
      const references = await store.references(account, modelId, referenceIds);
      return new Map(references.map(({ referenceId, template }) => [referenceId, template]));
    });
  }

  /** How many references are in the index. */
  get size(): number {
    return this.#index.size;
  }

  /** The faces with the most similar references, best first; a face is as similar as its most similar reference. */
  search(template: Float32Array, count: number): Candidate[] {
    // Even if every other reference belongs to a better face, the last one found is a new face's.
    const neighbours = this.#index.search(template, (count - 1) * MAX_REFERENCES_PER_FACE + 1);
    const found = new Map<string, number>();
    for (const { label, similarity } of neighbours) {
      const faceId = this.#faceIds.get(label)!;
      if (!found.has(faceId)) found.set(faceId, similarity);
    }
    return Array.from(found, ([faceId, similarity]) => ({ faceId, similarity })).slice(0, count);
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
      if (wanted.has(referenceId)) continue;
      this.#index.remove(referenceId);
      this.#faceIds.delete(referenceId);
    }
    const missing = referenceIds.filter((referenceId) => !this.#faceIds.has(referenceId));
    for (let start = 0; start < missing.length; start += BATCH) {
      const references = await this.#store.references(
        this.#account,
        this.#modelId,
        missing.slice(start, start + BATCH),
      );
      for (const { referenceId, faceId, template } of references) {
        this.#index.add(referenceId, template);
        this.#faceIds.set(referenceId, faceId);
      }
      await breathe();
    }
  }
}
