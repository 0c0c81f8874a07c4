import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import { LintelError } from '#contract';
import type { EpochUpkeep, Forgetting } from '../engine.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';
import { WRITER_SEES } from './epochs.ts';
import { fromPostgres } from './postgres-errors.ts';
import { isLeftBefore, reseal, tablesUnderEpochs } from './resealing.ts';
import type { SealedValues } from './sealed-values.ts';

/** How often everything is looked through for what writers held, before it is left for the next time. */
const PASSES = 5;

const DeletedRow = z.object({ epoch: z.int().nullable() });
const DestroyedRow = z.object({ left: z.int(), at: z.string().nullable() });
const MomentRow = z.object({ next: z.string() });
const ReadRow = z.object({ isRead: z.boolean() });
const RetiredRow = z.object({ number: z.int(), keyId: z.string() });
const CountRow = z.object({ count: z.int() });

/** How a schema of a PostgreSQL database forgets. Any number of processes may look after it at once. */
export class PostgresForgetting implements Forgetting {
  readonly #pool: Pool;
  readonly #values: SealedValues;

  constructor({ pool, values }: { pool: Pool; values: SealedValues }) {
    this.#pool = pool;
    this.#values = values;
  }

  async keysDestroyedAt(tx: ReadTx, account: string, faceIds: readonly string[]): Promise<string | null> {
    const rows = await tx.all(
      `SELECT epoch FROM deleted_under WHERE account = ? AND face_id IN (SELECT value FROM json_each(?))`,
      [account, JSON.stringify(faceIds)],
    );
    const epochs = z.array(DeletedRow).parse(rows);
    const last = epochs.reduce<number | null>(
      (most, { epoch }) => (most === null || epoch === null ? null : Math.max(most, epoch)),
      0,
    );
    if (last === null || epochs.length < faceIds.length) throw new LintelError('erasure-without-receipt');
    const found = await tx.get(
      `SELECT count(*) FILTER (WHERE destroyed_at IS NULL) AS left, max(destroyed_at) AS at
       FROM epochs WHERE number <= ?`,
      [last],
    );
    const { left, at } = DestroyedRow.parse(found);
    return left === 0 ? at : null;
  }

  async deletedMore(tx: WriteTx, account: string, faceIds: readonly string[]): Promise<void> {
    await tx.run(
      `UPDATE deleted_under SET epoch = (SELECT max(number) FROM epochs)
       WHERE epoch IS NOT NULL AND account = ? AND face_id IN (SELECT value FROM json_each(?))`,
      [account, JSON.stringify(faceIds)],
    );
  }

  async keepUp(now: Date, everyMs: number | null): Promise<EpochUpkeep> {
    const before = everyMs === null ? null : new Date(now.getTime() - everyMs);
    const { epochs } = this.#values;
    const begun = await this.#alone((client) => epochs.turn(client, now, before));
    const newest = await this.#transaction(async () => epochs.newest);
    const resealed = await this.#empty(newest, now);
    if (!(await this.#isOlderRead())) {
      await this.#transaction((client) =>
        client.query(
          `UPDATE epochs SET retired_at = $1 FROM epochs AS next WHERE next.number = epochs.number + 1
             AND epochs.emptied_at IS NOT NULL AND epochs.retired_at IS NULL AND ($2::text IS NULL OR next.made_at <= $2)`,
          [now.toISOString(), before?.toISOString() ?? null],
        ),
      );
    }
    const destroyed = await this.#destroyRetired(now);
    // Last: from its beginning on this process holds no key of those.
    const inForce = await this.#transaction(async (client) => {
      const { rows } = await client.query('SELECT count(*) AS count FROM epochs WHERE retired_at IS NULL');
      return CountRow.parse(rows[0]).count;
    });
    return { begun, resealed, destroyed, inForce };
  }

  /** Seal everything that lies under epochs before a number under the newest. @returns how many rows */
  async #empty(newest: number, now: Date): Promise<number> {
    const isEmpty = await this.#transaction(async (client) => {
      const { rows } = await client.query(
        'SELECT count(*) AS count FROM epochs WHERE number < $1 AND emptied_at IS NULL',
        [newest],
      );
      return CountRow.parse(rows[0]).count === 0;
    });
    if (isEmpty) return 0;
    const tables = await this.#transaction(tablesUnderEpochs);
    let resealed = 0;
    for (let pass = 0; pass < PASSES; pass++) {
      let isLeft = false;
      for (const table of tables) {
        resealed += await reseal(this.#values, table, newest, (work) => this.#transaction(work));
        isLeft ||= await this.#transaction((client) => isLeftBefore(client, table, newest));
      }
      if (isLeft) continue;
      await this.#transaction((client) =>
        client.query('UPDATE epochs SET emptied_at = $1 WHERE number < $2 AND emptied_at IS NULL', [
          now.toISOString(),
          newest,
        ]),
      );
      break;
    }
    return resealed;
  }

  /** Whether a transaction may still see what lay under older epochs. Those of other roles cannot be seen. */
  async #isOlderRead(): Promise<boolean> {
    const next = await this.#transaction(async (client) => {
      const { rows } = await client.query('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next');
      return MomentRow.parse(rows[0]).next;
    });
    return await this.#transaction(async (client) => {
      const { rows } = await client.query(
        `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
           AND backend_type = 'client backend' AND age(backend_xmin) > age($1::xid8::xid)) AS "isRead"`,
        [next],
      );
      return ReadRow.parse(rows[0]).isRead;
    });
  }

  async #destroyRetired(now: Date): Promise<number[]> {
    const retired = await this.#transaction(async (client) => {
      const { rows } = await client.query(
        `SELECT number, key_id AS "keyId" FROM epochs
         WHERE retired_at IS NOT NULL AND destroyed_at IS NULL ORDER BY number`,
      );
      return z.array(RetiredRow).parse(rows);
    });
    for (const { number, keyId } of retired) {
      await this.#values.epochs.keys.destroy(keyId);
      await this.#transaction((client) =>
        client.query('UPDATE epochs SET destroyed_at = $1 WHERE number = $2 AND destroyed_at IS NULL', [
          now.toISOString(),
          number,
        ]),
      );
    }
    return retired.map(({ number }) => number);
  }

  /** In a transaction of a writer that changes nothing anybody reads, and so waits for no other writer. */
  #transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.#alone(async (client) => {
      const seen: unknown = await client.query(WRITER_SEES);
      await this.#values.epochs.follow(client, (seen as { rows: unknown[] }[]).at(-1)!.rows[0]);
      return await work(client);
    });
  }

  async #alone<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    let client: PoolClient | undefined;
    let broken: Error | undefined;
    try {
      client = await this.#pool.connect();
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client?.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw fromPostgres(error);
    } finally {
      client?.release(broken);
    }
  }
}
