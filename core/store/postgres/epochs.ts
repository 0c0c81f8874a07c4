import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import type { ClientBase } from 'pg';
import { z } from 'zod';
import { LintelError } from '#contract';
import type { EpochKeys } from '../keys/epoch-keys.ts';
import { KEY_BYTES } from '../keys/seal.ts';

type Client = Pick<ClientBase, 'query'>;

/** Writers and readers share it, a change of the newest epoch waits for the writers: none seals under an older one after it. */
const LOCK = `hashtextextended('lintel epochs ' || current_schema(), 0)`;

/** Which epochs a transaction sees; the last statement of its beginning. */
const SEEN = `SELECT min(number) AS oldest, max(number) AS newest FROM epochs WHERE retired_at IS NULL`;
export const READER_SEES = SEEN;
export const WRITER_SEES = `SELECT pg_advisory_xact_lock_shared(${LOCK}); ${SEEN}`;

const Seen = z.object({ oldest: z.int(), newest: z.int() });
const EpochRow = z.object({ number: z.int(), keyId: z.string(), wrapped: z.base64() });
const NewestRow = z.object({ number: z.int().nullable(), madeAt: z.string().nullable() });

/**
 * The keys of the epochs of a database that are in force, in memory; numbered from 1. Each lies in the database sealed by a
 * key of its own outside of it, and is destroyed with that.
 */
export class Epochs {
  readonly keys: EpochKeys;
  readonly #open = new Map<number, KeyObject>();
  #oldest = 0;
  #newest = 0;

  constructor(keys: EpochKeys) {
    this.keys = keys;
  }

  /** The number of the epoch under which values are sealed now. */
  get newest(): number {
    return this.#newest;
  }

  /** @throws LintelError `store-corrupt` for one that is not in force */
  key(number: number): KeyObject {
    const key = this.#open.get(number);
    if (key === undefined) throw new LintelError('store-corrupt', `(epoch ${number} is not in force)`);
    return key;
  }

  /**
   * Know the epochs that a transaction sees, which another process may have changed.
   * @param row what {@link READER_SEES} answered @throws LintelError `store-epoch-missing`, `store-key-wrong`
   */
  async follow(client: Client, row: unknown): Promise<void> {
    const { oldest, newest } = Seen.parse(row);
    // A reader's moment may lie before what others have seen since.
    this.#oldest = Math.max(this.#oldest, oldest);
    if (!this.#open.has(newest) || !this.#open.has(this.#oldest)) await this.#load(client);
    this.#newest = Math.max(this.#newest, newest);
    for (const number of this.#open.keys()) if (number < this.#oldest) this.#open.delete(number);
  }

  async #load(client: Client): Promise<void> {
    const { rows } = await client.query(
      'SELECT number, key_id AS "keyId", wrapped FROM epochs WHERE retired_at IS NULL ORDER BY number',
    );
    for (const { number, keyId, wrapped } of z.array(EpochRow).parse(rows)) {
      if (number < this.#oldest || this.#open.has(number)) continue;
      const key = await this.keys.unwrap(keyId, Buffer.from(wrapped, 'base64'));
      this.#open.set(number, createSecretKey(key));
      key.fill(0);
    }
  }

  /**
   * Begin the next epoch within a transaction that began as no writer: what is sealed from then on is under its key.
   * @param before only where the newest began before this moment; null: in any case
   * @returns whether it was begun
   */
  async turn(client: Client, now: Date, before: Date | null): Promise<boolean> {
    await client.query(`SELECT pg_advisory_xact_lock(${LOCK})`);
    const { rows } = await client.query(
      'SELECT number, made_at AS "madeAt" FROM epochs ORDER BY number DESC LIMIT 1',
    );
    const { number, madeAt } = NewestRow.parse(rows[0] ?? { number: null, madeAt: null });
    if (madeAt !== null && before !== null && madeAt > before.toISOString()) return false;
    const key = randomBytes(KEY_BYTES);
    const keyId = await this.keys.generate();
    const wrapped = (await this.keys.wrap(keyId, key)).toString('base64');
    key.fill(0);
    await client.query('INSERT INTO epochs (number, key_id, wrapped, made_at) VALUES ($1, $2, $3, $4)', [
      (number ?? 0) + 1,
      keyId,
      wrapped,
      now.toISOString(),
    ]);
    return true;
  }
}
