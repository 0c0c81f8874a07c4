import { setImmediate as breathe } from 'node:timers/promises';
import { LintelError, type PartFound } from '#contract';
import { AdaptiveIndex, exactIndexBytes, similarity } from '#core/matching';
import { Turns } from '#core/serial';
import {
  evenUnsynced,
  isUnwritableNow,
  WHOLE,
  type CollectionPart,
  type ReferencePage,
  type Store,
} from '#core/store';
import type { Held } from './index-memory.ts';
import { referencesFor } from './part-found.ts';

/** Templates read at once, and references compared or removed at once: a few milliseconds of work each. */
const BATCH = 128;
const PAGE = 2048;

/** Faces named in one entry of the audit log. */
const NAMED = 16;

/**
 * Bytes that the maps of a reference take, and the object of an automatic template: 164 and some 300 in V8, of 200,000
 * references with the face ids that are given.
 */
const HEAP_BYTES = 164;
const AUTOMATIC_BYTES = 300;

/** Bytes that so many references take in memory. */
export const bytesOf = (references: number, dimension: number): number =>
  exactIndexBytes(references, dimension) + references * HEAP_BYTES;

/** The turn of changes; see {@link Turns}. */
const CHANGE = 'change';

export interface CollectionIndexOptions {
  readonly store: Store;
  readonly account: string;
  readonly collectionId: string;
  readonly modelId: string;
  readonly dimension: number;
  /** By default all of it. */
  readonly part?: CollectionPart;
}

/** The templates of one collection, or of a part of it, and one model in memory, kept equal to the store. */
export class CollectionIndex implements Held {
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
  readonly #dimension: number;
  readonly #part: CollectionPart;
  #revision: string | null = null;
  /** Of the templates in the index. */
  #protection: string | null = null;
  #removals: string | null = null;
  /** References that are no templates, and were recorded as such. */
  readonly #skipped = new Set<number>();
  /** The id up to which everything was read. */
  #newest = 0;
  readonly #turns = new Turns();
  /** Every search since the last change. */
  #searches: Promise<unknown> = Promise.resolve();

  constructor({ store, account, collectionId, modelId, dimension, part = WHOLE }: CollectionIndexOptions) {
    this.#dimension = dimension;
    this.#part = part;
    this.#store = store;
    this.#account = account;
    this.#collectionId = collectionId;
    this.#modelId = modelId;
    this.#index = new AdaptiveIndex(dimension, async (referenceIds) => {
      const references = await store.references(account, modelId, referenceIds);
      return new Map(references.map(({ referenceId, template }) => [referenceId, template]));
    });
  }

  get bytes(): number {
    const size = this.#faceIds.size;
    const automatic = size - this.#index.size;
    return this.#index.bytes + size * HEAP_BYTES + automatic * (4 * this.#dimension + AUTOMATIC_BYTES);
  }

  async expectedBytes(): Promise<number> {
    const place = [this.#account, this.#collectionId, this.#modelId] as const;
    return bytesOf(await this.#store.countReferences(...place, this.#part), this.#dimension);
  }

  /** What is here for a search of so many faces; see `merge`. */
  search(template: Float32Array, count: number): Promise<PartFound> {
    return this.#whileUnchanged(() => this.#search(template, count));
  }

  async #search(template: Float32Array, count: number): Promise<PartFound> {
    // What another part has may be lifted over what is here.
    const mayLift = this.#automatic.size > 0 || this.#part.of > 1;
    const neighbours = await this.#index.search(template, referencesFor(count, mayLift));
    const references = neighbours.map(({ label, similarity: firstHand }) => {
      const faceId = this.#faceIds.get(label)!;
      return { faceId, similarity: firstHand, automatic: this.#automaticSimilarity(faceId, template) };
    });
    return { references, size: this.#faceIds.size };
  }

  #automaticSimilarity(faceId: string, template: Float32Array): number | null {
    const references = this.#automatic.get(faceId);
    if (references === undefined) return null;
    return Math.max(...Array.from(references.values(), (reference) => similarity(reference, template)));
  }

  /** Let go of all of it; the next time it is followed, it is loaded again. */
  drop(): Promise<void> {
    return this.#changing(async () => {
      for (const references of this.#automatic.values()) {
        for (const template of references.values()) template.fill(0);
      }
      this.#automatic.clear();
      this.#index.clear();
      this.#faceIds.clear();
      this.#newest = 0;
      this.#revision = null;
    });
  }

  /**
   * Take over what the store holds at this moment or later, the first time all of it.
   * @param onProgress called again and again with how many references are known so far
   */
  async follow(onProgress?: (size: number) => void): Promise<void> {
    const revision = await this.#store.revision(this.#account, this.#collectionId).catch(() => null);
    // A search of an unchanged collection waits for no turn. An error occurs again, and is handled, in the turn.
    if (revision !== null && revision === this.#revision) return;
    await this.#changing(() => this.#follow(onProgress));
  }

  /** Searches wait for the changes before them, then run together, so that they share one pass over the index. */
  #whileUnchanged<T>(search: () => Promise<T>): Promise<T> {
    const done = this.#turns.take(CHANGE, () => Promise.resolve()).then(search);
    this.#searches = Promise.allSettled([this.#searches, done]);
    return done;
  }

  /** Changes run one after the other, each when the searches before it are done. */
  #changing<T>(change: () => Promise<T>): Promise<T> {
    const searches = this.#searches;
    return this.#turns.take(CHANGE, async () => {
      await searches;
      return await change();
    });
  }

  async #follow(onProgress?: (size: number) => void): Promise<void> {
    try {
      const revision = await this.#store.revision(this.#account, this.#collectionId);
      if (revision === this.#revision) return;
      // Both are asked for before anything is read: what is removed or renewed meanwhile counts the next time.
      const removals = await this.#store.removals(this.#account, this.#collectionId);
      const protection = await this.#store.protectionId();
      if (protection !== this.#protection) {
        await this.#drop([...this.#faceIds.keys()]);
        this.#newest = 0;
        this.#protection = protection;
      } else if (removals !== this.#removals) await this.#compare();
      await this.#addNewer(onProgress);
      this.#revision = revision;
      this.#removals = removals;
    } catch (error) {
      if (error instanceof LintelError && error.code === 'collection-not-found') {
        await this.#drop([...this.#faceIds.keys()]);
      }
      throw error;
    }
  }

  /** Take over what changed among the references held, a page at a time, so that no request is held up. */
  async #compare(): Promise<void> {
    const held = [...this.#faceIds.keys()].toSorted((a, b) => a - b);
    let after = 0;
    for (let start = 0; start < held.length; start += PAGE) {
      const page = held.slice(start, start + PAGE);
      const upTo = page.at(-1)!;
      const present = new Set(await this.#page({ after, upTo }));
      await this.#drop(page.filter((referenceId) => !present.has(referenceId)));
      await this.#add([...present].filter((referenceId) => !this.#faceIds.has(referenceId)));
      after = upTo;
      await breathe();
    }
    // What comes after the last one held was read before without a template of this model, or is gone.
    this.#newest = after;
  }

  async #addNewer(onProgress?: (size: number) => void): Promise<void> {
    let page: number[];
    do {
      page = await this.#page({ after: this.#newest, limit: BATCH });
      await this.#add(page);
      this.#newest = page.at(-1) ?? this.#newest;
      onProgress?.(this.#faceIds.size);
      await breathe();
    } while (page.length === BATCH);
  }

  #page(page: ReferencePage): Promise<number[]> {
    return this.#store.referenceIds(this.#account, this.#collectionId, this.#modelId, {
      ...page,
      part: this.#part,
    });
  }

  async #add(referenceIds: readonly number[]): Promise<void> {
    if (referenceIds.length === 0) return;
    const references = await this.#store.references(this.#account, this.#modelId, referenceIds);
    for (const { referenceId, faceId, template, source } of references) {
      if (source === 'automatic') {
        const automatic = this.#automatic.get(faceId) ?? new Map<number, Float32Array>();
        this.#automatic.set(faceId, automatic.set(referenceId, template));
      } else this.#index.add(referenceId, template);
      this.#faceIds.set(referenceId, faceId);
    }
    if (references.length < referenceIds.length) await this.#recordSkipped(referenceIds);
  }

  /** Record each unsound template once, so that the audit log shows which faces a search leaves out. */
  async #recordSkipped(referenceIds: readonly number[]): Promise<void> {
    const left = referenceIds.filter((id) => !this.#faceIds.has(id) && !this.#skipped.has(id));
    const unsound = await this.#store.soundness.among(this.#account, this.#modelId, left);
    if (unsound.length === 0) return;
    const faces = [...new Set(unsound.map(({ faceId }) => faceId))].slice(0, NAMED);
    const place = { account: this.#account, collectionId: this.#collectionId, modelId: this.#modelId };
    try {
      const log = this.#store.as('device').audit;
      await evenUnsynced(
        log.append({ kind: 'templates-skipped', ...place, templates: unsound.length, faces }),
      );
    } catch (error) {
      // A disk that takes nothing stops no search.
      if (!isUnwritableNow(error)) throw error;
      return;
    }
    for (const { referenceId } of unsound) this.#skipped.add(referenceId);
  }

  async #drop(referenceIds: readonly number[]): Promise<void> {
    for (const [i, referenceId] of referenceIds.entries()) {
      this.#remove(referenceId);
      if (i % BATCH === BATCH - 1) await breathe();
    }
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
