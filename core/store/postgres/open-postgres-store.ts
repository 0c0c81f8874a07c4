import { randomBytes } from 'node:crypto';
import { Client, Pool, types, type ClientConfig, type CustomTypesConfig } from 'pg';
import { z } from 'zod';
import { LintelError } from '#contract';
import { generateDeviceKey } from '#core/audit';
import type { KekProvider } from '../keys/kek-provider.ts';
import { KEY_BYTES } from '../keys/seal.ts';
import { DATA_KEY_BYTES } from '../keys/sealed-key.ts';
import type { SqlStore } from '../sql-store.ts';
import { TableStore } from '../table-store.ts';
import { migrate } from './migrate.ts';
import { PostgresEngine, type PostgresConnection } from './postgres-engine.ts';
import { fromPostgres } from './postgres-errors.ts';
import { SchemaClaim } from './schema-claim.ts';
import { SealedValues } from './sealed-values.ts';

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`; `?schema=` names where everything lies, by default `lintel`. */
  readonly url: string;
  readonly kekProvider: KekProvider;
  /** Connections at most, one for each transaction that runs. */
  readonly connections?: number;
  /** Of a server, which is to be the only one: what it keeps in its memory no other server knows. */
  readonly claim?: boolean;
}

/** How long somebody waits for a connection, of which there may be too few. */
const CONNECT_MS = 5000;

/**
 * So that no process, and no connection that broke unseen, keeps all others from writing: milliseconds that a writer waits
 * for its turn and a transaction for its next statement, and seconds until the database takes a silent connection for broken.
 */
const LIMITS = [
  'lock_timeout=30000',
  'idle_in_transaction_session_timeout=60000',
  'tcp_keepalives_idle=30',
  'tcp_keepalives_interval=10',
  'tcp_keepalives_count=3',
];

const KeyRow = z.object({ provider: z.string(), sealed: z.string() });

/** Oids of `bytea`, `bigint` and `numeric`. */
const [BYTEA, BIGINT, NUMERIC] = [17, 20, 1700] as const;

/**
 * Open the store in a PostgreSQL database (15 or newer), or create it where there is none. Any number of processes may
 * hold it open. What is binary (keys, secrets, templates, images) is sealed under a data key that the key provider seals; texts
 * (names, external keys) are not.
 * @throws LintelError `usage`, `store-busy` when the database does not answer, `store-newer`, `store-key-wrong`,
 *   `already-running`
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<SqlStore> {
  const store = TableStore.over(new PostgresEngine(await connect(options)));
  try {
    // What a server that ended was in the middle of.
    await store.emptyTrash();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** What a store in PostgreSQL goes by. @throws as {@link openPostgresStore} */
export async function connect({
  url,
  kekProvider,
  connections = 10,
  claim = false,
}: PostgresStoreOptions): Promise<PostgresConnection> {
  const { connectionString, schema } = parse(url);
  const config = {
    connectionString,
    options: [`search_path=${schema}`, ...LIMITS].map((setting) => `-c ${setting}`).join(' '),
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  };
  const values = await prepare(config, schema, kekProvider);
  const schemaClaim = claim ? new SchemaClaim(config, schema) : null;
  if (schemaClaim !== null && !(await schemaClaim.take())) {
    throw new LintelError('already-running', '(on this database)');
  }
  const pool = new Pool({ ...config, max: connections, types: typesOf(values) });
  // A connection that breaks says so here besides, and without a listener to the whole process: who uses it hears of it by
  // the next statement, and the others open another.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const release = async () => {
    await pool.end();
    await schemaClaim?.release();
  };
  return { pool, values, claim: schemaClaim, release };
}

/** @throws LintelError `usage`, without the address, which has a password */
function parse(address: string): { connectionString: string; schema: string } {
  const url = URL.parse(address);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new LintelError('usage', 'LINTEL_DATABASE is not an address such as postgres://HOST/DATABASE.');
  }
  const schema = url.searchParams.get('schema') ?? 'lintel';
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new LintelError('usage', 'The schema of LINTEL_DATABASE has small letters, digits and _ only.');
  }
  url.searchParams.delete('schema');
  return { connectionString: url.href, schema };
}

/** Bring the schema up to date. @returns what its values are sealed by */
async function prepare(
  config: ClientConfig,
  schema: string,
  kekProvider: KekProvider,
): Promise<SealedValues> {
  const client = new Client(config);
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('BEGIN');
    // Servers that start at the same time come one after the other.
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('lintel ' || $1, 0))`, [schema]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await migrate(client);
    const values = await valuesOf(client, kekProvider);
    await client.query('COMMIT');
    return values;
  } catch (error) {
    throw fromPostgres(error);
  } finally {
    await client.end().catch(() => {});
  }
}

async function valuesOf(client: Client, kekProvider: KekProvider): Promise<SealedValues> {
  const { rows } = await client.query('SELECT provider, sealed FROM store_key');
  if (rows.length === 0) return await found(client, kekProvider);
  const { provider, sealed } = KeyRow.parse(rows[0]);
  if (provider !== kekProvider.kind) {
    throw new LintelError('store-key-wrong', `(sealed by ${provider}, opened by ${kekProvider.kind})`);
  }
  const dataKey = await kekProvider.unwrap(Buffer.from(sealed, 'base64'));
  try {
    return new SealedValues(dataKey);
  } finally {
    dataKey.fill(0);
  }
}

/** Make the key of a new schema, and fill it. */
async function found(client: Client, kekProvider: KekProvider): Promise<SealedValues> {
  const dataKey = randomBytes(DATA_KEY_BYTES);
  const values = new SealedValues(dataKey);
  const sealed = (await kekProvider.wrap(dataKey)).toString('base64');
  dataKey.fill(0);
  await client.query('INSERT INTO store_key (id, provider, sealed) VALUES (1, $1, $2)', [
    kekProvider.kind,
    sealed,
  ]);
  await fill(client, values);
  return values;
}

/** What the tables of a new store have. */
export async function fill(client: Pick<Client, 'query'>, values: SealedValues): Promise<void> {
  await client.query('INSERT INTO feed (id) VALUES ($1)', [randomBytes(16).toString('hex')]);
  for (const [name, value] of [
    ['device-key', generateDeviceKey()],
    ['template-protection', randomBytes(KEY_BYTES)],
  ] as const) {
    await client.query('INSERT INTO secrets (name, value) VALUES ($1, $2)', [name, values.seal(value)]);
  }
}

/** How columns are read: numbers as numbers, sealed values opened. */
function typesOf(values: SealedValues): CustomTypesConfig {
  return {
    getTypeParser: (oid: number, format?: 'text' | 'binary') => {
      if (oid === BIGINT || oid === NUMERIC) return Number;
      const parse = types.getTypeParser(oid, format) as (text: string) => unknown;
      if (oid !== BYTEA) return parse;
      return (text: string) => values.unseal(parse(text) as Buffer);
    },
  };
}
