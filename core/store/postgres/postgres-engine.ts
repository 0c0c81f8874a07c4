import type { Pool } from 'pg';
import { z } from 'zod';
import type { Engine, Forgetting } from '../engine.ts';
import { stateHash } from '../sql/state-hash.ts';
import { PostgresForgetting } from './postgres-forgetting.ts';
import { PostgresTransactions } from './postgres-transactions.ts';
import type { SchemaClaim } from './schema-claim.ts';
import type { SealedValues } from './sealed-values.ts';

const TableRow = z.object({ name: z.string(), columns: z.int() });

/** What a store in PostgreSQL goes by. */
export interface PostgresConnection {
  readonly pool: Pool;
  readonly values: SealedValues;
  /** Of a server: without it nothing is written. Null: of a command, which may write beside a server. */
  readonly claim: SchemaClaim | null;
  /** Ends the pool, and gives the claim back. */
  readonly release: () => Promise<void>;
}

/** A schema of a PostgreSQL database. */
export class PostgresEngine implements Engine {
  readonly #release: () => Promise<void>;
  readonly sql: PostgresTransactions;
  readonly heads = null;
  readonly forgetting: Forgetting;

  constructor(connection: PostgresConnection) {
    this.#release = connection.release;
    this.sql = new PostgresTransactions(connection);
    this.forgetting = new PostgresForgetting(connection);
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
