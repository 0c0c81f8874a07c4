/** Remembers for some time what came, so that it counts once. */
export class Seen {
  readonly #ms: number;
  /** What came in the time that runs, and in the one before. */
  #names = new Set<string>();
  #earlier = new Set<string>();
  #endsAt = -Infinity;

  /** @param ms for which a name is remembered at least; twice as long at most */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** @param now milliseconds; a clock that is set back makes it remember longer */
  isFirst(name: string, now: number): boolean {
    if (now >= this.#endsAt) {
      this.#earlier = now >= this.#endsAt + this.#ms ? new Set() : this.#names;
      this.#names = new Set();
      this.#endsAt = now + this.#ms;
    }
    if (this.#names.has(name) || this.#earlier.has(name)) return false;
    this.#names.add(name);
    return true;
  }
}
