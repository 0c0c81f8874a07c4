/** Lets tasks that name the same thing run one after the other, and all others at the same time. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** In the order of the calls; a task that fails does not stop the next. */
  async take<T>(name: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(task, task);
    this.#last.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    }
  }
}
