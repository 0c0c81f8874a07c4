/** The values that were asked for last, at most so many: what is let go of is made again when it is needed. */
export class Recent<K, V> {
  readonly #limit: number;
  /** The one that was not asked for longest comes first. */
  readonly #values = new Map<K, V>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @param make the value, where it is not among them */
  get(key: K, make: () => V): V {
    const value = this.#values.get(key) ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#limit) break;
      this.#values.delete(oldest);
    }
    return value;
  }
}
