import { z } from 'zod';
import type { Statements } from '../file/statements.ts';

/** More frames of granted visits than so many are not kept: at a dozen a visit, of the last 8,000. */
const FRAMES = 100_000;

const Known = z.object({ known: z.int() });

/** Keyed digests of the frames by which visits were granted; the oldest are forgotten. */
export class GrantedFrames {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** Those of `digests` that a granted visit had. */
  among(digests: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return this.#sql.read(() => digests.filter((digest) => this.#has(digest)));
  }

  /**
   * Keep the frames of a visit that is about to be granted.
   * @param most frames that are kept
   * @returns false, and nothing kept, when another visit was granted by one of them
   */
  claim(digests: readonly Uint8Array[], most = FRAMES): Promise<boolean> {
    return this.#sql.write(() => {
      if (digests.some((digest) => this.#has(digest))) return false;
      for (const digest of digests) {
        this.#sql.run('INSERT INTO granted_frames (digest) VALUES (?)', [Buffer.from(digest)]);
      }
      this.#sql.run(
        'DELETE FROM granted_frames WHERE number <= (SELECT max(number) FROM granted_frames) - ?',
        [most],
      );
      return true;
    });
  }

  #has(digest: Uint8Array): boolean {
    const sql = 'SELECT EXISTS (SELECT 1 FROM granted_frames WHERE digest = ?) AS known';
    return Known.parse(this.#sql.get(sql, [Buffer.from(digest)])).known === 1;
  }
}
