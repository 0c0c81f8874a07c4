import { randomInt } from 'node:crypto';
import { Client, type ClientConfig } from 'pg';
import { z } from 'zod';
import { LintelError } from '#contract';
import { fromPostgres } from './postgres-errors.ts';

/** Each server holds a lock of its own, by its number, for as long as it runs, */
const JOIN = `SELECT pg_advisory_lock_shared(hashtext('lintel server ' || current_schema()), $1)`;
/** which nobody can have while it does. In a transaction that has its turn to write, so that of two who ask none is mistaken for it. */
export const HAS_ENDED = `SELECT pg_try_advisory_xact_lock(
  hashtext('lintel server ' || current_schema()), CAST(? AS INTEGER)) AS "hasEnded"`;
/** One of them holds another lock. */
const LEAD = `SELECT pg_try_advisory_lock(hashtextextended('lintel leader ' || current_schema(), 0)) AS "isMine"`;
const COUNT = `SELECT count(DISTINCT objid)::int AS count FROM pg_locks
  WHERE locktype = 'advisory' AND granted AND objsubid = 2
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = hashtext('lintel server ' || current_schema())::bigint & 4294967295`;

/** How often a server that does not lead tries to, and one that leads looks whether its connection still stands. */
const EVERY_MS = 1000;

const LeadRow = z.object({ isMine: z.boolean() });
const CountRow = z.object({ count: z.int() });

/**
 * One server among those on a schema. It lasts as long as one connection: the database ends it however the process ends, but
 * also when that connection breaks, after which the server joins again before it writes.
 */
export class Membership {
  /** Of this server; no other has it. */
  readonly server = randomInt(2 ** 31);
  readonly #config: ClientConfig;
  #client: Client | null = null;
  #joining: Promise<void> | null = null;
  #isLeader = false;
  readonly #whenLeading: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(config: ClientConfig) {
    this.#config = { ...config, query_timeout: 10 * EVERY_MS };
    this.#timer = setInterval(() => void this.#look().catch(() => {}), EVERY_MS).unref();
  }

  get isLeader(): boolean {
    return this.#isLeader;
  }

  whenLeading(work: () => void): void {
    this.#whenLeading.push(work);
    if (this.#isLeader) work();
  }

  /** @throws LintelError `store-busy` when the database does not answer */
  async join(): Promise<void> {
    if (this.#client !== null) return;
    this.#joining ??= this.#connect().finally(() => (this.#joining = null));
    await this.#joining;
  }

  /** How many servers there are. @throws LintelError `store-busy` */
  async count(): Promise<number> {
    await this.join();
    return CountRow.parse(await this.#ask(COUNT)).count;
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#joining?.catch(() => {});
    // The database hears of the end of a connection a moment later.
    await this.#client?.query('SELECT pg_advisory_unlock_all()').catch(() => {});
    await this.#client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const client = new Client(this.#config);
    client.on('error', () => {});
    client.on('end', () => {
      if (this.#client !== client) return;
      this.#client = null;
      this.#isLeader = false;
    });
    try {
      await client.connect();
      await client.query(JOIN, [this.server]);
      this.#client = client;
    } catch (error) {
      await client.end().catch(() => {});
      throw fromPostgres(error);
    }
    await this.#lead();
  }

  async #look(): Promise<void> {
    await this.join();
    if (this.#isLeader) await this.#ask('SELECT 1');
    else await this.#lead();
  }

  async #lead(): Promise<void> {
    if (this.#isLeader || !LeadRow.parse(await this.#ask(LEAD)).isMine) return;
    this.#isLeader = true;
    for (const work of this.#whenLeading) work();
  }

  async #ask(sql: string): Promise<unknown> {
    const client = this.#client;
    if (client === null) throw new LintelError('store-busy');
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows[0];
    } catch (error) {
      // A connection of which nobody knows how it stands holds nothing.
      this.#client = null;
      this.#isLeader = false;
      await client.end().catch(() => {});
      throw fromPostgres(error);
    }
  }
}
