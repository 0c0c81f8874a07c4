/** Looks for a face now and then, and answers by what was found last meanwhile. */
export class PacedSearch<Result extends { readonly face: unknown }> {
  #last: (Result & { readonly foundAt: number }) | null = null;

  /**
   * What is known at a time, in milliseconds. Who was not found is looked for at once: a face may be missed in one picture.
   * @param gap least milliseconds between two searches while a face is there
   * @param search null where nothing can be looked for now
   * @returns null while nothing can be looked for
   */
  async at(
    at: number,
    gap: number,
    search: () => Promise<Result | null>,
  ): Promise<(Result & { readonly foundAt: number }) | null> {
    if (this.#last && this.#last.face !== null && at - this.#last.foundAt < gap) return this.#last;
    const result = await search();
    return (this.#last = result && { ...result, foundAt: at });
  }
}
