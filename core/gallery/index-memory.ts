import { Turns } from '#core/serial';

/** What is held in memory, and can be had again from the store. */
export interface Held {
  /** Bytes that it takes now. */
  readonly bytes: number;
  /** Bytes that it takes once it is loaded. */
  expectedBytes(): Promise<number>;
  /** Let go of all. Nobody uses it meanwhile. */
  drop(): Promise<void>;
}

interface Place {
  users: number;
  /** Taken, or set aside. */
  bytes: number;
  isLoaded: boolean;
  /** Done once there is room for it. */
  admission: Promise<void> | null;
}

/** Of everything that takes or makes room. */
const TURN = 'room';

/**
 * The memory of indexes, of all collections of a process together. What was used least recently makes room for what is asked
 * for; what is in use never does, so that who comes waits for it. Something larger than the whole budget comes in when nothing
 * else is in use, and goes when nobody uses it any more.
 */
export class IndexMemory {
  /** Bytes. */
  readonly budget: number;
  /** How often something was loaded, and how often something had to go. */
  readonly counts = { loads: 0, drops: 0 };
  /** The least recently used first. */
  readonly #places = new Map<Held, Place>();
  readonly #turns = new Turns();
  /** Resolved when somebody is done. */
  #done = Promise.withResolvers<void>();

  /** @param budget bytes; by default there is room for everything */
  constructor(budget = Number.POSITIVE_INFINITY) {
    this.budget = budget;
  }

  /** Bytes that are taken or set aside. */
  get bytes(): number {
    return this.#places.values().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Do work with something that is held; it stays at least until the work is done. */
  async use<T>(held: Held, work: () => Promise<T>): Promise<T> {
    const place = this.#places.get(held) ?? { users: 0, bytes: 0, isLoaded: false, admission: null };
    this.#places.delete(held);
    this.#places.set(held, place);
    place.users++;
    try {
      place.admission ??= this.#turns.take(TURN, () => this.#admit(held, place));
      await place.admission;
      return await work();
    } finally {
      place.users--;
      this.#measure(held, place);
      this.#done.resolve();
      this.#done = Promise.withResolvers();
      if (this.bytes > this.budget) void this.#turns.take(TURN, () => this.#makeRoom(0));
    }
  }

  /** Let go of what nobody is going to ask for again, unless it is in use. */
  async forget(held: Held): Promise<void> {
    await this.#turns.take(TURN, async () => {
      const place = this.#places.get(held);
      if (place?.users === 0) await this.#drop(held, place);
    });
  }

  #measure(held: Held, place: Place): void {
    // Of what is being loaded, room was set aside for all.
    place.bytes = place.users === 0 ? held.bytes : Math.max(place.bytes, held.bytes);
    if (!place.isLoaded && held.bytes > 0) {
      place.isLoaded = true;
      this.counts.loads++;
    }
    if (place.users === 0 && place.bytes === 0) this.#places.delete(held);
  }

  async #admit(held: Held, place: Place): Promise<void> {
    if (!Number.isFinite(this.budget)) return;
    try {
      const bytes = await held.expectedBytes();
      for (;;) {
        const { promise } = this.#done;
        if ((await this.#makeRoom(bytes)) || this.bytes === 0) break;
        await promise;
      }
      place.bytes = bytes;
    } catch (error) {
      place.admission = null;
      throw error;
    }
  }

  /** Drop what nobody uses, as far as it takes. @returns whether so many bytes more are free */
  async #makeRoom(bytes: number): Promise<boolean> {
    while (this.bytes + bytes > this.budget) {
      const idle = this.#places.entries().find(([, { users }]) => users === 0);
      if (idle === undefined) return false;
      await this.#drop(...idle);
      this.counts.drops++;
    }
    return true;
  }

  async #drop(held: Held, place: Place): Promise<void> {
    place.admission = null;
    place.isLoaded = false;
    await held.drop();
    this.#measure(held, place);
  }
}
