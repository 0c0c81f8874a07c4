import type { Pool } from 'pg';
import { z } from 'zod';
import type { Engine } from '../engine.ts';
import { stateHash } from '../sql/state-hash.ts';
import { PostgresTransactions } from './postgres-transactions.ts';
import type { SealedValues } from './sealed-values.ts';

const TableRow = z.object({ name: z.string(), columns: z.int() });

/** A schema of a PostgreSQL database. */
export class PostgresEngine implements Engine {
  readonly #release: () => Promise<void>;
  readonly sql: PostgresTransactions;
  readonly heads = null;
  /** Dead rows, the log and its archives keep what was deleted until PostgreSQL reuses their place. */
  readonly forgets = false;

  /** @param release ends the pool */
  constructor(pool: Pool, values: SealedValues, release: () => Promise<void>) {
    this.#release = release;
    this.sql = new PostgresTransactions(pool, values);
  }

  /** PostgreSQL says so itself. */
  requireRoom(): void {}

  async emptyLog(): Promise<void> {}

  async contains(): Promise<boolean> {
    return false;
  }

  async rewrite(): Promise<void> {}

  stateHash(): Promise<string> {
    return this.sql.read(async (tx) => {
      const rows = await tx.all(
        `SELECT table_name::text COLLATE "C" AS name, count(*) AS columns FROM information_schema.columns
         WHERE table_schema = current_schema() GROUP BY table_name ORDER BY 1`,
        [],
      );
      const tables = z.array(TableRow).parse(rows);
      return await stateHash(tx, new Map(tables.map(({ name, columns }) => [name, columns])));
    });
  }

  async close(): Promise<void> {
    await this.#release();
  }
}
