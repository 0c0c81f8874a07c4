import { DESCRIPTOR_MODEL } from '#contract';
import { similarity } from '#core/matching';
import { Turns } from '#core/serial';
import type { Store } from '#core/store';
import type { Held as HeldIndex } from './index-memory.ts';

/** Descriptors read at once: a few milliseconds of work. */
const BATCH = 128;

/** Bytes that a descriptor takes: 128 numbers, and some 600 in V8 for what is known of it. */
const EACH_BYTES = 512 + 600;

/** A descriptor of a face, compared with another. */
export interface ComparedDescriptor {
  readonly faceId: string;
  /** Name of its template in all lists. */
  readonly uid: string;
  /** Euclidean distance, as face-api measures it. */
  readonly distance: number;
  /** -1..1. */
  readonly cosine: number;
}

/** Which descriptors are looked at. */
export interface DescriptorFilter {
  readonly faceId?: string;
  /** Those that clients sent. */
  readonly isForeign?: true;
}

interface Held {
  readonly faceId: string;
  readonly uid: string;
  readonly isForeign: boolean;
  readonly descriptor: Float32Array;
  readonly norm: number;
}

export interface DescriptorIndexOptions {
  readonly store: Store;
  readonly account: string;
  readonly collectionId: string;
}

/**
 * The second templates of one collection in memory, kept equal to the store. Compared one by one: 10,000 take about two
 * milliseconds.
 */
export class DescriptorIndex implements HeldIndex {
  readonly #options: DescriptorIndexOptions;
  readonly #held = new Map<number, Held>();
  #revision: string | null = null;
  #protection: string | null = null;
  readonly #turns = new Turns();

  constructor(options: DescriptorIndexOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#held.size * EACH_BYTES;
  }

  async expectedBytes(): Promise<number> {
    const { store, account, collectionId } = this.#options;
    return (await store.descriptorIds(account, collectionId)).length * EACH_BYTES;
  }

  /** Take over what the store holds at this moment or later. @throws `collection-not-found` */
  follow(): Promise<void> {
    return this.#turns.take('follow', () => this.#follow());
  }

  /**
   * The nearest of each face, nearest first.
   * @param descriptor as the network made it
   * @param only those of one face, or those that clients sent; all by default
   */
  async search(descriptor: Float32Array, only: DescriptorFilter = {}): Promise<ComparedDescriptor[]> {
    const probe = await this.#options.store.protect(DESCRIPTOR_MODEL, descriptor);
    const norm = Math.hypot(...probe);
    const nearest = new Map<string, ComparedDescriptor>();
    for (const held of this.#held.values()) {
      if (only.faceId !== undefined && held.faceId !== only.faceId) continue;
      if (only.isForeign && !held.isForeign) continue;
      const product = similarity(probe, held.descriptor);
      const distance = Math.sqrt(Math.max(0, norm ** 2 + held.norm ** 2 - 2 * product));
      const { faceId, uid } = held;
      if (distance >= (nearest.get(faceId)?.distance ?? Number.POSITIVE_INFINITY)) continue;
      nearest.set(faceId, { faceId, uid, distance, cosine: product / (norm * held.norm) });
    }
    return [...nearest.values()].toSorted((a, b) => a.distance - b.distance);
  }

  drop(): Promise<void> {
    return this.#turns.take('follow', async () => {
      this.#drop([...this.#held.keys()]);
      this.#revision = null;
    });
  }

  async #follow(): Promise<void> {
    const { store, account, collectionId } = this.#options;
    try {
      // Both are asked for before anything is read: what changes meanwhile counts the next time.
      const revision = await store.revision(account, collectionId);
      if (revision === this.#revision) return;
      const protection = await store.protectionId();
      if (protection !== this.#protection) this.#drop([...this.#held.keys()]);
      const present = await store.descriptorIds(account, collectionId);
      const kept = new Set(present);
      this.#drop([...this.#held.keys()].filter((id) => !kept.has(id)));
      const missing = present.filter((id) => !this.#held.has(id));
      for (let i = 0; i < missing.length; i += BATCH) {
        for (const { id, faceId, uid, isForeign, descriptor } of await store.descriptors(
          account,
          missing.slice(i, i + BATCH),
        )) {
          const norm = Math.hypot(...descriptor);
          if (norm > 0) this.#held.set(id, { faceId, uid, isForeign, descriptor, norm });
        }
      }
      this.#protection = protection;
      this.#revision = revision;
    } catch (error) {
      this.#drop([...this.#held.keys()]);
      this.#revision = null;
      throw error;
    }
  }

  #drop(ids: readonly number[]): void {
    for (const id of ids) {
      this.#held.get(id)?.descriptor.fill(0);
      this.#held.delete(id);
    }
  }
}
