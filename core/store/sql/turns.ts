/** One at a time, in the order in which they came. */
export class Turns {
  readonly #queue: (() => void)[] = [];
  #isTaken = false;

  /** @returns null when it is the caller's turn already, else what resolves then. It lasts until {@link pass}. */
  take(): Promise<void> | null {
    if (this.#isTaken) return new Promise((resolve) => this.#queue.push(resolve));
    this.#isTaken = true;
    return null;
  }

  /** The next one's turn. */
  pass(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#isTaken = false;
    else next();
  }
}
