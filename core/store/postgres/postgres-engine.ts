import type { Pool } from 'pg';
import { z } from 'zod';
import type { Engine, Forgetting } from '../engine.ts';
import { stateHash } from '../sql/state-hash.ts';
import { PostgresForgetting } from './postgres-forgetting.ts';
import { PostgresTransactions } from './postgres-transactions.ts';
import { OnlyServer, type Servers } from '../servers.ts';
import type { ReadTx } from '../sql/transactions.ts';
import { UnderWayHere, type UnderWay } from '../under-way.ts';
import type { Membership } from './membership.ts';
import { PostgresServers } from './postgres-servers.ts';
import { UnderWayRows } from './under-way-rows.ts';
import type { SealedValues } from './sealed-values.ts';

const SecondsRow = z.object({ seconds: z.number() });

/** Since 1970, by the database's clock. */
async function secondsOf(tx: ReadTx): Promise<number> {
  const row = await tx.get('SELECT extract(epoch FROM clock_timestamp())::float8 AS seconds', []);
  return SecondsRow.parse(row).seconds;
}

const TableRow = z.object({ name: z.string(), columns: z.int() });

/** What a store in PostgreSQL goes by. */
export interface PostgresConnection {
  readonly pool: Pool;
  readonly values: SealedValues;
  /** Of a server: without it nothing is written. Null: of a command. */
  readonly membership: Membership | null;
  /** Ends the pool and the membership. */
  readonly release: () => Promise<void>;
}

/** A schema of a PostgreSQL database. */
export class PostgresEngine implements Engine {
  readonly #connection: PostgresConnection;
  readonly sql: PostgresTransactions;
  readonly servers: Servers;
  readonly underWay: UnderWay;
  readonly heads = null;
  readonly forgetting: Forgetting;

  constructor(connection: PostgresConnection) {
    const { pool, membership, values } = connection;
    this.#connection = connection;
    this.sql = new PostgresTransactions(connection);
    this.forgetting = new PostgresForgetting(connection);
    this.servers =
      membership === null ? new OnlyServer() : new PostgresServers(pool, membership, values.nodesKey);
    this.underWay = membership === null ? new UnderWayHere() : new UnderWayRows(membership.server);
  }

  async now(tx: ReadTx, here: Date): Promise<Date> {
    return this.#connection.membership === null ? here : new Date((await secondsOf(tx)) * 1000);
  }

  /** The clocks of other machines than the database's play no part. */
  uptime(): Promise<number> {
    return this.sql.read(secondsOf);
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
    await this.#connection.release();
  }
}
