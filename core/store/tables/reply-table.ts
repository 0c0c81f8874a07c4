import { z } from 'zod';
import type { Reply } from '../server-records.ts';
import type { ReplyStore } from '../stores.ts';
import type { Transactions, WriteTx } from '../sql/transactions.ts';
import type { Tombstones } from './tombstones.ts';

/** How long an answer is kept for a caller who did not receive it. */
const KEPT_MILLISECONDS = 24 * 60 * 60 * 1000;

/** Answers that are kept of one account; the oldest make room. */
export const KEPT_REPLIES = 10_000;

/** Answers are counted once for so many that are saved. */
const COUNT_EVERY = 100;

const PRUNE = `
  DELETE FROM replies WHERE created_at <= ? OR (
    body ->> 'externalKey' IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM faces JOIN collections ON collections.id = faces.collection
      WHERE collections.account = replies.account
        AND face_id = body ->> 'faceId' AND external_key = body ->> 'externalKey'
    )
  )`;

const ReplyRow = z.object({ fingerprint: z.instanceof(Buffer), body: z.string() });

/** Answers by idempotency key, for a day. */
export class ReplyTable implements ReplyStore {
  readonly #sql: Transactions;
  readonly #tombstones: Tombstones;
  /** Answers that were saved since those of an account were counted. */
  readonly #saved = new Map<string, number>();

  constructor(sql: Transactions, tombstones: Tombstones) {
    this.#sql = sql;
    this.#tombstones = tombstones;
  }

  find(account: string, idempotencyKey: string): Promise<Reply | null> {
    return this.#sql.read(async (tx) => {
      const row = await tx.get(
        'SELECT fingerprint, body FROM replies WHERE account = ? AND idempotency_key = ? AND created_at > ?',
        [account, idempotencyKey, horizon()],
      );
      return row === undefined ? null : ReplyRow.parse(row);
    });
  }

  /** Forget what an account was answered. @returns how many answers there were */
  async forget(tx: WriteTx, account: string): Promise<number> {
    return (await tx.run('DELETE FROM replies WHERE account = ?', [account])).changes;
  }

  prune(): Promise<number> {
    return this.#sql.write(async (tx) => {
      const { changes } = await tx.run(PRUNE, [horizon()]);
      if (changes > 0) await this.#tombstones.requireScrub(tx);
      return changes;
    });
  }

  save(account: string, idempotencyKey: string, { fingerprint, body }: Reply): Promise<void> {
    return this.#sql.write(async (tx) => {
      await tx.run(
        `INSERT INTO replies (account, idempotency_key, fingerprint, body, created_at)
         VALUES (?, ?, ?, ?, ?) ON CONFLICT (account, idempotency_key) DO UPDATE
         SET fingerprint = excluded.fingerprint, body = excluded.body, created_at = excluded.created_at`,
        [account, idempotencyKey, Buffer.from(fingerprint), body, new Date().toISOString()],
      );
      await this.#makeRoom(tx, account);
    });
  }

  async #makeRoom(tx: WriteTx, account: string): Promise<void> {
    const saved = (this.#saved.get(account) ?? COUNT_EVERY - 1) + 1;
    this.#saved.set(account, saved % COUNT_EVERY);
    if (saved < COUNT_EVERY) return;
    const { changes } = await tx.run(
      `DELETE FROM replies WHERE account = ? AND idempotency_key IN (
         SELECT idempotency_key FROM replies WHERE account = ? ORDER BY created_at DESC LIMIT ? OFFSET ?
       )`,
      [account, account, Number.MAX_SAFE_INTEGER, KEPT_REPLIES],
    );
    if (changes > 0) await this.#tombstones.requireScrub(tx);
  }
}

const horizon = (): string => new Date(Date.now() - KEPT_MILLISECONDS).toISOString();
