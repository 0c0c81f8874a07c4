import type { Pool } from 'pg';
import { z } from 'zod';
import type { Holdings, ServerNode } from '../servers.ts';
import { RUNNING, type Membership } from './membership.ts';
import { fromPostgres } from './postgres-errors.ts';

/** What another server holds stays its own while it runs. */
const HOLD = `INSERT INTO holdings (name, server, ends_at)
  VALUES ($1, $2, clock_timestamp() + $3 * INTERVAL '1 millisecond')
  ON CONFLICT (name) DO UPDATE SET server = excluded.server, ends_at = excluded.ends_at
  WHERE holdings.server = excluded.server OR holdings.ends_at < clock_timestamp()
    OR holdings.server NOT IN (${RUNNING})`;

/** The own one is not looked for among those that run: it asks. */
const HOLDER = `SELECT holdings.server, address FROM holdings JOIN nodes USING (server)
  WHERE name = $1 AND (holdings.server = $2 OR holdings.server IN (${RUNNING}))`;

const PRUNE = `DELETE FROM holdings WHERE ends_at < clock_timestamp() OR server NOT IN (${RUNNING})`;
const PRUNE_EVERY = 100;

const HolderRow = z.object({ server: z.int(), address: z.string() });

/** In a table that all servers on the database see. Rows of a server that ended count for nothing, and go. */
export class HoldingRows implements Holdings {
  readonly #pool: Pick<Pool, 'query'>;
  readonly #membership: Membership;
  #statements = 0;

  constructor(pool: Pick<Pool, 'query'>, membership: Membership) {
    this.#pool = pool;
    this.#membership = membership;
  }

  /** @throws LintelError `store-busy` */
  async hold(name: string, ms: number | null): Promise<boolean> {
    // Who has not joined would be taken for a server that ended.
    await this.#membership.join();
    const { rowCount } = await this.#query(HOLD, [name, this.#membership.server, ms]);
    if (this.#statements++ % PRUNE_EVERY === 0) await this.#query(PRUNE, []);
    return rowCount === 1;
  }

  /** @throws LintelError `store-busy` */
  async holderOf(name: string): Promise<ServerNode | null> {
    const { rows } = await this.#query(HOLDER, [name, this.#membership.server]);
    return rows.length === 0 ? null : HolderRow.parse(rows[0]);
  }

  async #query(sql: string, values: readonly unknown[]) {
    return await this.#pool.query<Record<string, unknown>>(sql, [...values]).catch((error: unknown) => {
      throw fromPostgres(error);
    });
  }
}
