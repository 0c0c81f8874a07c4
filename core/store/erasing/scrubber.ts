import type { Engine } from '../engine.ts';
import type { Tombstones } from '../tables/tombstones.ts';
import type { Trash } from '../tables/trash.ts';

/** What is cleaned, and how. */
export interface ScrubberParts {
  readonly engine: Engine;
  readonly tombstones: Tombstones;
  readonly trash: Trash;
}

/**
 * Cleans the file of what was deleted. SQLite overwrites deleted content with zeros (`secure_delete`); copies remain in
 * its write-ahead log until that is emptied, and now and then of an index entry in the free space of a page, where
 * entries moved between pages. Rewriting the whole file removes the latter; it is done only when something is found, or
 * nobody knows what to look for.
 */
export class Scrubber {
  readonly #parts: ScrubberParts;

  constructor(parts: ScrubberParts) {
    this.#parts = parts;
  }

  /**
   * @param known traces of all that was deleted up to that mark since the last time, null when they are not known; wiped
   * @throws `store-busy`
   */
  async scrub(
    known: { readonly traces: readonly Buffer[]; readonly mark: number | null } | null,
  ): Promise<void> {
    const { engine } = this.#parts;
    const traces = known?.traces ?? null;
    const mark = known === null ? await this.#emptyTrash() : known.mark;
    if (traces !== null) await engine.emptyLog();
    // Who cannot search, for want of the key for one, rewrites.
    if (traces === null || (await engine.contains(traces).catch(() => true))) {
      await engine.rewrite();
    }
    for (const trace of traces ?? []) trace.fill(0);
    await this.#parts.engine.sql.write((tx) => this.#parts.tombstones.scrubbed(tx, mark));
  }

  /** @returns the mark up to which all that was deleted is gone from the tables */
  async #emptyTrash(): Promise<number | null> {
    for (;;) {
      await this.#parts.trash.empty();
      // At one moment: what another process throws away after it has another mark.
      const [isEmpty, mark] = await this.#parts.engine.sql.read(async (tx) => [
        await this.#parts.trash.isEmpty(tx),
        await this.#parts.tombstones.scrubMark(tx),
      ]);
      if (isEmpty) return mark;
    }
  }
}
