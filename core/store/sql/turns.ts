/** One at a time, in the order in which they came. */
export class Turns {
  readonly #queue: (() => void)[] = [];
  #isTaken = false;

  /** Does work once all that came before is done; at once, where nothing is under way. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isTaken) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#isTaken = true;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#isTaken = false;
      else next();
    }
  }
}
