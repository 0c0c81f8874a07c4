import { setImmediate as breathe } from 'node:timers/promises';
import { LintelError, MAX_REFERENCES_PER_FACE, TEMPLATE_DIMENSION } from '#contract';
import { AdaptiveIndex, type Candidate } from '#core/matching';
import type { ReferencePage, Store } from '#core/store';

/** Templates read at once, and references compared or removed at once: a few milliseconds of work each. */
const BATCH = 128;
const PAGE = 2048;

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
  #removals: string | null = null;
  /** The highest id that was read. */
  #newest = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(store: Store, account: string, collectionId: string, modelId: string) {
    this.#store = store;
    this.#account = account;
    this.#collectionId = collectionId;
    this.#modelId = modelId;
    this.#index = new AdaptiveIndex(TEMPLATE_DIMENSION, async (referenceIds) => {
      const references = await store.references(account, referenceIds);
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
      // Asked for before anything is read: what is removed meanwhile counts the next time.
      const removals = await this.#store.removals(this.#account, this.#collectionId);
      if (removals !== this.#removals) await this.#compare();
      await this.#addNewer();
      this.#revision = revision;
      this.#removals = removals;
    } catch (error) {
      if (error instanceof LintelError && error.code === 'collection-not-found') {
        await this.#drop([...this.#faceIds.keys()]);
      }
      throw error;
    }
  }

  /** Take over what changed among the references up to the newest, a page at a time, so that nobody is held up. */
  async #compare(): Promise<void> {
    const held = [...this.#faceIds.keys()].toSorted((a, b) => a - b);
    for (let start = 0, after = 0; start < held.length; start += PAGE) {
      const page = held.slice(start, start + PAGE);
      const upTo = page.at(-1)!;
      const present = new Set(await this.#page({ after, upTo }));
      await this.#drop(page.filter((referenceId) => !present.has(referenceId)));
      await this.#add([...present].filter((referenceId) => !this.#faceIds.has(referenceId)));
      after = upTo;
      await breathe();
    }
  }

  async #addNewer(): Promise<void> {
    let page: number[];
    do {
      page = await this.#page({ after: this.#newest, limit: BATCH });
      await this.#add(page);
      this.#newest = page.at(-1) ?? this.#newest;
      await breathe();
    } while (page.length === BATCH);
  }

  #page(page: ReferencePage): Promise<number[]> {
    return this.#store.referenceIds(this.#account, this.#collectionId, this.#modelId, page);
  }

  async #add(referenceIds: readonly number[]): Promise<void> {
    if (referenceIds.length === 0) return;
    for (const { referenceId, faceId, template } of await this.#store.references(
      this.#account,
      referenceIds,
    )) {
      this.#index.add(referenceId, template);
      this.#faceIds.set(referenceId, faceId);
    }
  }

  async #drop(referenceIds: readonly number[]): Promise<void> {
    for (const [i, referenceId] of referenceIds.entries()) {
      this.#index.remove(referenceId);
      this.#faceIds.delete(referenceId);
      if (i % BATCH === BATCH - 1) await breathe();
    }
  }
}
