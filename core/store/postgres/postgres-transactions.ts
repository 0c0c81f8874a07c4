import type { Pool, PoolClient, QueryResult } from 'pg';
import { asInside, requireOutside } from '../sql/nesting.ts';
import type { ReadTx, Transactions, within, WriteTx } from '../sql/transactions.ts';
import { READER_SEES, WRITER_SEES } from './epochs.ts';
import { parameterTypes } from './parameter-types.ts';
import { fromPostgres } from './postgres-errors.ts';
import { queryOf } from './statements.ts';
import { Turns } from '../sql/turns.ts';
import type { Membership } from './membership.ts';
import { isSealedType, type SealedValues } from './sealed-values.ts';

/** Rows that are fetched at once where one after the other is looked at. */
const BATCH = 500;

const READ = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/**
 * Writers of all nodes come one after the other: they wait for each other before their first statement, which thus sees
 * what the one before committed. So the numbers of a feed are in the order of the commits, and the audit log is one chain.
 */
const WRITE = `BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('lintel ' || current_schema(), 0))`;

/** A commit that changes nothing waits for no disk, also where an earlier one is not there yet: this makes it wait. */
const WITH_UNSYNCED = `SELECT pg_logical_emit_message(true, 'lintel', '')`;

/**
 * Transactions over a pool of connections, one connection each. Reading goes on while others write. Of this process, one
 * writer at a time takes a connection, in the order of the calls: those who wait leave the others to readers.
 */
export class PostgresTransactions implements Transactions {
  readonly #pool: Pool;
  readonly #values: SealedValues;
  readonly #membership: Membership | null;
  readonly #writers = new Turns();
  /** Whether something was committed that may not be on the disk yet. */
  #isUnsynced = false;

  constructor({
    pool,
    values,
    membership,
  }: {
    pool: Pool;
    values: SealedValues;
    membership: Membership | null;
  }) {
    this.#pool = pool;
    this.#values = values;
    this.#membership = membership;
  }

  read<T>(work: (tx: ReadTx) => Promise<T>): Promise<T> {
    return this.#transaction(`${READ}; ${READER_SEES}`, work);
  }

  async write<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
    return await this.#alone(async () => {
      const begin = this.#isUnsynced ? `${WRITE}; ${WITH_UNSYNCED}` : WRITE;
      const result = await this.#transaction(`${begin}; ${WRITER_SEES}`, work);
      this.#isUnsynced = false;
      return result;
    });
  }

  async writeUnsynced<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
    return await this.#alone(async () => {
      const result = await this.#transaction(
        `${WRITE}; SET LOCAL synchronous_commit = off; ${WRITER_SEES}`,
        work,
      );
      this.#isUnsynced = true;
      return result;
    });
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    requireOutside();
    return await this.#writers.run(async () => {
      // It is lost with its connection, and others then take what is under way here for ended.
      await this.#membership?.join();
      return await work();
    });
  }

  async #transaction<T>(begin: string, work: (tx: WriteTx) => Promise<T>): Promise<T> {
    requireOutside();
    let client: PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw fromPostgres(error);
    }
    let broken: Error | undefined;
    try {
      const begun = (await client.query(begin)) as unknown as QueryResult[];
      await this.#values.epochs.follow(client, begun.at(-1)!.rows[0]);
      const result = await asInside(work, sqlOn(client, this.#values));
      // After a statement that failed, PostgreSQL answers a commit by undoing all, and calls that no error.
      const { command } = await client.query('COMMIT');
      if (command !== 'COMMIT') throw new Error('A statement failed, and its transaction went on.');
      return result;
    } catch (error) {
      // A connection of which nobody knows how it stands is not used again.
      await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw fromPostgres(error);
    } finally {
      client.release(broken);
    }
  }
}

function sqlOn(client: PoolClient, values: SealedValues): WriteTx {
  const query = async (sql: string, parameters: Parameters<WriteTx['all']>[1]) => {
    const statement = queryOf(sql, parameters);
    try {
      const types = await parameterTypes(client, statement);
      const sealed = statement.values.map((value, i) => {
        const type = types[i];
        const isSealed = isSealedType(type) && (typeof value === 'string' || Buffer.isBuffer(value));
        return isSealed ? values.seal(type, value) : value;
      });
      return await client.query<Record<string, unknown>>({ ...statement, values: sealed });
    } catch (error) {
      throw fromPostgres(error);
    }
  };
  let cursors = 0;
  const tx: Omit<WriteTx, typeof within> = {
    run: async (sql, parameters) => ({ changes: (await query(sql, parameters)).rowCount ?? 0 }),
    insert: async (sql, parameters, id = 'id') => {
      // This column alone: a statement that answers all of them fails once a newer server has added one.
      const [row] = (await query(`${sql} RETURNING ${id} AS id`, parameters)).rows;
      return Number(row!['id']);
    },
    get: async (sql, parameters) => (await query(sql, parameters)).rows[0],
    all: async (sql, parameters) => (await query(sql, parameters)).rows,
    each: async function* each(sql) {
      const cursor = `each_${++cursors}`;
      await client.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`);
      for (;;) {
        const { rows } = await client.query<Record<string, unknown>>(`FETCH ${BATCH} FROM ${cursor}`);
        yield* rows;
        if (rows.length < BATCH) break;
      }
      await client.query(`CLOSE ${cursor}`);
    },
    part: async (work) => {
      await client.query('SAVEPOINT part');
      try {
        await work();
      } catch (error) {
        await client.query('ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part');
        throw error;
      }
      await client.query('RELEASE SAVEPOINT part');
    },
  };
  return tx as WriteTx;
}
