/** A serial queue for each name: tasks of one name run one after the other, tasks of different names at the same time. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Run a task after all earlier ones of its name. A task that fails does not stop the next. */
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
