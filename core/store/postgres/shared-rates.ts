import type { Pool } from 'pg';
import { z } from 'zod';
import type { Rates } from '../servers.ts';
import { fromPostgres } from './postgres-errors.ts';

/** One statement, by the database's clock: of servers that count at the same time, one waits for the other's row. */
const TAKE = `INSERT INTO rates (name, count, ends_at)
  VALUES ($1, $2, clock_timestamp() + INTERVAL '1 minute')
  ON CONFLICT (name) DO UPDATE SET
    count = excluded.count + CASE WHEN rates.ends_at > clock_timestamp() THEN rates.count ELSE 0 END,
    ends_at = CASE WHEN rates.ends_at > clock_timestamp() THEN rates.ends_at ELSE excluded.ends_at END
  RETURNING count, greatest(0, extract(epoch FROM ends_at - clock_timestamp()) * 1000)::float8 AS "endsInMs"`;

/** Names of which nothing was counted for long. */
const PRUNE = "DELETE FROM rates WHERE ends_at < clock_timestamp() - INTERVAL '1 minute'";
const PRUNE_EVERY = 1000;

const TakenRow = z.object({ count: z.number(), endsInMs: z.number() });
type Taken = z.infer<typeof TakenRow>;

interface Call {
  readonly cost: number;
  readonly resolve: (taken: Taken) => void;
  readonly reject: (error: unknown) => void;
}

/** Counts in a table that all servers on the database share. What is asked for while a name is counted is counted next, at once. */
export class SharedRates implements Rates {
  readonly #pool: Pick<Pool, 'query'>;
  /** Names that are being counted, and what waits for it. */
  readonly #waiting = new Map<string, Call[]>();
  #statements = 0;

  constructor(pool: Pick<Pool, 'query'>) {
    this.#pool = pool;
  }

  take(name: string, cost: number): Promise<Taken> {
    const { promise, resolve, reject } = Promise.withResolvers<Taken>();
    const call = { cost, resolve, reject };
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) void this.#count(name, [call]);
    else waiting.push(call);
    return promise;
  }

  async #count(name: string, calls: readonly Call[]): Promise<void> {
    this.#waiting.set(name, []);
    try {
      const sum = calls.reduce((total, { cost }) => total + cost, 0);
      const { rows } = await this.#pool.query(TAKE, [name, sum]);
      const { count, endsInMs } = TakenRow.parse(rows[0]);
      let before = count - sum;
      for (const { cost, resolve } of calls) resolve({ count: (before += cost), endsInMs });
      if (this.#statements++ % PRUNE_EVERY === 0) await this.#pool.query(PRUNE);
    } catch (error) {
      // Those that were counted already take no notice.
      for (const { reject } of calls) reject(fromPostgres(error));
    }
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    if (waiting.length > 0) await this.#count(name, waiting);
  }
}
