import { setImmediate as breathe } from 'node:timers/promises';
import { LintelError, MAX_REFERENCES_PER_FACE } from '#contract';
import { AdaptiveIndex, fuse, similarity, type Candidate } from '#core/matching';
import { Turns } from '#core/serial';
import type { ReferencePage, Store } from '#core/store';
import { isCode } from './is-code.ts';

/** Templates read at once, and references compared or removed at once: a few milliseconds of work each. */
const BATCH = 128;
const PAGE = 2048;

/**
 * Faces beyond those asked for whose automatic references are looked at too. A face further down would have to be
 * lifted over all of these.
 */
const LIFTED = 4;

/** Faces named in one entry of the audit log. */
const NAMED = 16;

/** The turn of changes; see {@link Turns}. */
const CHANGE = 'change';

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
  #removals: string | null = null;
  /** References that are no templates, and were recorded as such. */
  readonly #skipped = new Set<number>();
  /** The id up to which everything was read. */
  #newest = 0;
  readonly #turns = new Turns();
  /** Every search since the last change. */
  #searches: Promise<unknown> = Promise.resolve();

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
  search(template: Float32Array, count: number): Promise<Candidate[]> {
    return this.#whileUnchanged(() => this.#search(template, count));
  }

  async #search(template: Float32Array, count: number): Promise<Candidate[]> {
    const faces = this.#automatic.size === 0 ? count : count + LIFTED;
    // Even if every other reference belongs to a better face, the last one found is a new face's.
    const neighbours = await this.#index.search(template, (faces - 1) * MAX_REFERENCES_PER_FACE + 1);
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
      onProgress?.(this.size);
      await breathe();
    } while (page.length === BATCH);
  }

  #page(page: ReferencePage): Promise<number[]> {
    return this.#store.referenceIds(this.#account, this.#collectionId, this.#modelId, page);
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
      await log.append({ kind: 'templates-skipped', ...place, templates: unsound.length, faces });
      for (const { referenceId } of unsound) this.#skipped.add(referenceId);
    } catch (error) {
      // A full disk stops no search.
      if (!isCode(error, 'store-full') && !isCode(error, 'store-busy')) throw error;
    }
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
