import { z } from 'zod';
import type { Reply } from '../server-records.ts';
import type { ReplyStore } from '../stores.ts';
import type { Engine } from '../engine.ts';
import type { ReadTx, Transactions, WriteTx } from '../sql/transactions.ts';
import type { UnderWay } from '../under-way.ts';
import type { Tombstones } from './tombstones.ts';

/** How long an answer is kept for a caller who did not receive it. */
const KEPT_MILLISECONDS = 24 * 60 * 60 * 1000;

/** Answers that are kept of one account; the oldest make room. */
export const KEPT_REPLIES = 10_000;

/** Answers are counted once for so many that are saved. */
const COUNT_EVERY = 100;

/** Answers that are looked at together for external keys. */
const PAGE = 500;

const ReplyRow = z.object({ fingerprint: z.instanceof(Buffer), body: z.string() });

const KeptRow = z.object({ account: z.string(), idempotencyKey: z.string(), body: z.string() });
type KeptRow = z.infer<typeof KeptRow>;
const HolderRow = z.object({ faceId: z.string(), externalKey: z.string().nullable() });
/** What an answer may name; bodies of an API may hold anything else. */
const Naming = z.object({ externalKey: z.string(), faceId: z.string().optional() });

/** Answers by idempotency key, for a day. */
export class ReplyTable implements ReplyStore {
  readonly #sql: Transactions;
  readonly #underWay: UnderWay;
  readonly #tombstones: Tombstones;
  /** Answers that were saved since those of an account were counted. */
  readonly #saved = new Map<string, number>();

  constructor({ sql, underWay }: Pick<Engine, 'sql' | 'underWay'>, tombstones: Tombstones) {
    this.#sql = sql;
    this.#underWay = underWay;
    this.#tombstones = tombstones;
  }

  find(account: string, idempotencyKey: string): Promise<Reply | null> {
    return this.#sql.read((tx) => this.#find(tx, account, idempotencyKey));
  }

  begin(account: string, idempotencyKey: string): Promise<Reply | 'begun' | 'under-way'> {
    return this.#sql.writeUnsynced(async (tx) => {
      const reply = await this.#find(tx, account, idempotencyKey);
      if (reply !== null) return reply;
      return (await this.#underWay.begin(tx, requestOf(account, idempotencyKey))) ? 'begun' : 'under-way';
    });
  }

  abandon(account: string, idempotencyKey: string): Promise<void> {
    return this.#sql.writeUnsynced((tx) => this.#underWay.end(tx, requestOf(account, idempotencyKey)));
  }

  /** Forget what an account was answered. @returns how many answers there were */
  async forget(tx: WriteTx, account: string): Promise<number> {
    return (await tx.run('DELETE FROM replies WHERE account = ?', [account])).changes;
  }

  prune(): Promise<number> {
    return this.#sql.write(async (tx) => {
      let { changes } = await tx.run('DELETE FROM replies WHERE created_at <= ?', [horizon()]);
      for (const { account, idempotencyKey } of await this.#outdated(tx)) {
        await tx.run('DELETE FROM replies WHERE account = ? AND idempotency_key = ?', [
          account,
          idempotencyKey,
        ]);
        changes++;
      }
      if (changes > 0) await this.#tombstones.requireScrub(tx);
      return changes;
    });
  }

  /** Answers that name an external key which its face no longer has. A database that seals both cannot compare them. */
  async #outdated(tx: WriteTx): Promise<KeptRow[]> {
    const outdated: KeptRow[] = [];
    let last: Pick<KeptRow, 'account' | 'idempotencyKey'> = { account: '', idempotencyKey: '' };
    for (;;) {
      const rows = await tx.all(
        `SELECT account, idempotency_key AS "idempotencyKey", body FROM replies
         WHERE (account, idempotency_key) > (?, ?) ORDER BY account, idempotency_key LIMIT ?`,
        [last.account, last.idempotencyKey, PAGE],
      );
      const kept = z.array(KeptRow).parse(rows);
      if (kept.length === 0) return outdated;
      last = kept.at(-1)!;
      for (const [account, replies] of Map.groupBy(kept, (reply) => reply.account)) {
        const naming = replies.flatMap((reply) => {
          const named = Naming.safeParse(JSON.parse(reply.body));
          return named.success ? [{ reply, ...named.data }] : [];
        });
        const holders = await this.#holders(
          tx,
          account,
          naming.flatMap(({ faceId }) => faceId ?? []),
        );
        for (const { reply, externalKey, faceId } of naming) {
          if (faceId === undefined || holders.get(faceId) !== externalKey) outdated.push(reply);
        }
      }
    }
  }

  /** External keys by face id. */
  async #holders(
    tx: WriteTx,
    account: string,
    faceIds: readonly string[],
  ): Promise<Map<string, string | null>> {
    if (faceIds.length === 0) return new Map();
    const rows = await tx.all(
      `SELECT face_id AS "faceId", external_key AS "externalKey"
       FROM collections JOIN faces ON faces.collection = collections.id
       WHERE account = ? AND face_id IN (SELECT value FROM json_each(?))`,
      [account, JSON.stringify(faceIds)],
    );
    return new Map(
      z
        .array(HolderRow)
        .parse(rows)
        .map(({ faceId, externalKey }) => [faceId, externalKey]),
    );
  }

  save(account: string, idempotencyKey: string, { fingerprint, body }: Reply): Promise<void> {
    return this.#sql.write(async (tx) => {
      await tx.run(
        `INSERT INTO replies (account, idempotency_key, fingerprint, body, created_at)
         VALUES (?, ?, ?, ?, ?) ON CONFLICT (account, idempotency_key) DO UPDATE
         SET fingerprint = excluded.fingerprint, body = excluded.body, created_at = excluded.created_at`,
        [account, idempotencyKey, Buffer.from(fingerprint), body, new Date().toISOString()],
      );
      await this.#underWay.end(tx, requestOf(account, idempotencyKey));
      await this.#makeRoom(tx, account);
    });
  }

  async #find(tx: ReadTx, account: string, idempotencyKey: string): Promise<Reply | null> {
    const row = await tx.get(
      'SELECT fingerprint, body FROM replies WHERE account = ? AND idempotency_key = ? AND created_at > ?',
      [account, idempotencyKey, horizon()],
    );
    return row === undefined ? null : ReplyRow.parse(row);
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

const requestOf = (account: string, idempotencyKey: string): string => `${account} ${idempotencyKey}`;

const horizon = (): string => new Date(Date.now() - KEPT_MILLISECONDS).toISOString();
