import { z } from 'zod';
import type { FrameStore } from '../stores.ts';
import type { ReadTx, Transactions } from '../sql/transactions.ts';

/** More frames of granted visits than so many are not kept: at a dozen a visit, of the last 8,000. */
const FRAMES = 100_000;

const Known = z.object({ known: z.int() });

/** Keyed digests of the frames by which visits were granted; the oldest are forgotten. */
export class GrantedFrames implements FrameStore {
  readonly #sql: Transactions;

  constructor(sql: Transactions) {
    this.#sql = sql;
  }

  among(digests: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return this.#sql.read(async (tx) => {
      const known: Uint8Array[] = [];
      for (const digest of digests) if (await this.#has(tx, digest)) known.push(digest);
      return known;
    });
  }

  claim(digests: readonly Uint8Array[], most = FRAMES): Promise<boolean> {
    return this.#sql.write(async (tx) => {
      for (const digest of digests) if (await this.#has(tx, digest)) return false;
      for (const digest of digests) {
        await tx.run('INSERT INTO granted_frames (digest) VALUES (?)', [Buffer.from(digest)]);
      }
      await tx.run(
        'DELETE FROM granted_frames WHERE number <= (SELECT max(number) FROM granted_frames) - ?',
        [most],
      );
      return true;
    });
  }

  async #has(tx: ReadTx, digest: Uint8Array): Promise<boolean> {
    const sql = 'SELECT CAST(EXISTS (SELECT 1 FROM granted_frames WHERE digest = ?) AS INTEGER) AS known';
    return Known.parse(await tx.get(sql, [Buffer.from(digest)])).known === 1;
  }
}
