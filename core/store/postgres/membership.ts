import { randomInt } from 'node:crypto';
import { Client, type ClientConfig } from 'pg';
import { z } from 'zod';
import { LintelError } from '#contract';
import type { ServerNode } from '../servers.ts';
import { fromPostgres } from './postgres-errors.ts';

/** Each server holds a lock of its own, by its number, for as long as it runs, */
const JOIN = `SELECT pg_advisory_lock_shared(hashtext('lintel server ' || current_schema()), $1)`;
/** which nobody can have while it does. In a transaction that has its turn to write, so that of two who ask none is mistaken for it. */
export const HAS_ENDED = `SELECT pg_try_advisory_xact_lock(
  hashtext('lintel server ' || current_schema()), CAST(? AS INTEGER)) AS "hasEnded"`;
/** One of them holds another lock. */
const LEAD = `SELECT pg_try_advisory_lock(hashtextextended('lintel leader ' || current_schema(), 0)) AS "isMine"`;
/** The numbers of those that run. */
export const RUNNING = `SELECT objid::bigint FROM pg_locks
  WHERE locktype = 'advisory' AND granted AND objsubid = 2
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = hashtext('lintel server ' || current_schema())::bigint & 4294967295`;
const OTHERS = `SELECT count(*)::int AS running,
    count(*) FILTER (WHERE objid NOT IN (SELECT server FROM nodes))::int AS unreachable
  FROM (${RUNNING}) AS others WHERE objid <> $1`;

/** Where a server is reached; those of servers that ended go. */
const ADDRESS = `INSERT INTO nodes (server, address) VALUES ($1, $2) ON CONFLICT (server) DO NOTHING`;
const FORGET = `DELETE FROM nodes WHERE server NOT IN (${RUNNING})`;
const NODES = `SELECT coalesce(json_agg(json_build_object('server', server, 'address', address) ORDER BY server), '[]') AS nodes
  FROM nodes WHERE server IN (${RUNNING})`;

/** What the trigger of `collections` says to. */
const CHANGES = 'lintel_changes';

/** How often a server that does not lead tries to, and one that leads looks whether its connection still stands. */
const EVERY_MS = 1000;

const LeadRow = z.object({ isMine: z.boolean() });
const OthersRow = z.object({ running: z.int(), unreachable: z.int() });
const NodesRow = z.object({ nodes: z.array(z.object({ server: z.int(), address: z.string() })) });
const Change = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue('no JSON');
      return z.NEVER;
    }
  })
  .pipe(z.object({ schema: z.string(), account: z.string(), collectionId: z.string() }));

/**
 * One server among those on a schema. It lasts as long as one connection: the database ends it however the process ends, but
 * also when that connection breaks, after which the server joins again before it writes.
 */
export class Membership {
  /** Of this server; no other has it. */
  readonly server = randomInt(2 ** 31);
  /** Where the other servers reach it; null: they do not. */
  readonly address: string | null;
  readonly #config: ClientConfig;
  readonly #schema: string;
  #client: Client | null = null;
  #joining: Promise<void> | null = null;
  #isLeader = false;
  readonly #whenLeading: (() => void)[] = [];
  readonly #whenChanged: ((account: string, collectionId: string) => void)[] = [];
  #nodes: readonly ServerNode[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(
    config: ClientConfig,
    { schema, address }: { readonly schema: string; readonly address: string | null },
  ) {
    this.#schema = schema;
    this.address = address;
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

  whenChanged(listener: (account: string, collectionId: string) => void): void {
    this.#whenChanged.push(listener);
  }

  /** See `Nodes.live`. Where the database does not answer, those that it named last. */
  get nodes(): readonly ServerNode[] {
    return this.#nodes;
  }

  /** @throws LintelError `store-busy` when the database does not answer */
  async join(): Promise<void> {
    if (this.#client !== null) return;
    this.#joining ??= this.#connect().finally(() => (this.#joining = null));
    await this.#joining;
  }

  /** How many other servers run, and how many of them gave no address. @throws LintelError `store-busy` */
  async others(): Promise<z.infer<typeof OthersRow>> {
    await this.join();
    return OthersRow.parse(await this.#ask(OTHERS, [this.server]));
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
    client.on('notification', ({ payload }) => this.#tellChanged(payload));
    client.on('end', () => {
      if (this.#client !== client) return;
      this.#client = null;
      this.#isLeader = false;
    });
    try {
      await client.connect();
      await client.query(JOIN, [this.server]);
      await client.query(`LISTEN ${CHANGES}`);
      if (this.address !== null) await client.query(ADDRESS, [this.server, this.address]);
      this.#client = client;
    } catch (error) {
      await client.end().catch(() => {});
      throw fromPostgres(error);
    }
    await this.#lead();
    await this.#lookAround();
  }

  #tellChanged(payload: string | undefined): void {
    // Anybody on the database can say something here.
    const { success, data } = Change.safeParse(payload);
    if (!success || data.schema !== this.#schema) return;
    const { account, collectionId } = data;
    for (const listener of this.#whenChanged) listener(account, collectionId);
  }

  async #lookAround(): Promise<void> {
    if (this.address === null) return;
    const { nodes } = NodesRow.parse(await this.#ask(NODES));
    if (JSON.stringify(nodes) === JSON.stringify(this.#nodes)) return;
    this.#nodes = nodes;
    await this.#ask(FORGET);
  }

  async #look(): Promise<void> {
    await this.join();
    if (this.#isLeader) await this.#ask('SELECT 1');
    else await this.#lead();
    await this.#lookAround();
  }

  async #lead(): Promise<void> {
    if (this.#isLeader || !LeadRow.parse(await this.#ask(LEAD)).isMine) return;
    this.#isLeader = true;
    for (const work of this.#whenLeading) work();
  }

  async #ask(sql: string, values: readonly number[] = []): Promise<unknown> {
    const client = this.#client;
    if (client === null) throw new LintelError('store-busy');
    try {
      return (await client.query<Record<string, unknown>>(sql, [...values])).rows[0];
    } catch (error) {
      // A connection of which nobody knows how it stands holds nothing.
      this.#client = null;
      this.#isLeader = false;
      await client.end().catch(() => {});
      throw fromPostgres(error);
    }
  }
}
