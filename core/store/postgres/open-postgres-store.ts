import { randomBytes } from 'node:crypto';
import { Client, Pool, type ClientConfig } from 'pg';
import { z } from 'zod';
import { LintelError } from '#contract';
import { generateDeviceKey } from '#core/audit';
import type { KekProvider } from '../keys/kek-provider.ts';
import { epochKeysIn } from '../keys/epoch-keys.ts';
import { KEY_BYTES } from '../keys/seal.ts';
import { DATA_KEY_BYTES } from '../keys/sealed-key.ts';
import { requireWhole } from '../move.ts';
import type { SqlStore } from '../sql-store.ts';
import { TableStore } from '../table-store.ts';
import { Epochs, READER_SEES } from './epochs.ts';
import { Membership } from './membership.ts';
import { migrate } from './migrate.ts';
import { PostgresEngine, type PostgresConnection } from './postgres-engine.ts';
import { fromPostgres } from './postgres-errors.ts';
import { reseal, tablesUnderEpochs } from './resealing.ts';
import { SealedValues } from './sealed-values.ts';
import { typesOf } from './value-types.ts';

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`; `?schema=` names where everything lies, by default `lintel`. */
  readonly url: string;
  readonly kekProvider: KekProvider;
  /** Connections at most, one for each transaction that runs. */
  readonly connections?: number;
  /** Whether it is a server, which the others on the database are to know of. */
  readonly serves?: boolean;
  /** Of a server: where the others reach it. By default they do not. */
  readonly address?: string | undefined;
  /** Also one that a move has not completed. */
  readonly isMoving?: boolean;
}

/** How long the database has to take a connection. */
const CONNECT_MS = 5000;

/** How long somebody waits for a connection that others use: many come at once, and a writer waits as long for its turn. */
const POOL_MS = 30_000;

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

/**
 * Open the store in a PostgreSQL database (15 or newer), or create it where there is none. Any number of processes may
 * hold it open. What is binary, and what names or describes a person, is sealed under a data key that the key provider seals
 * and under keys of epochs beside it.
 * @throws LintelError `usage`, `store-busy` when the database does not answer, `store-newer`, `store-key-wrong`,
 *   `store-epoch-missing`, `store-moving`
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<SqlStore> {
  const store = TableStore.over(new PostgresEngine(await connect(options)));
  try {
    if (options.isMoving !== true) await requireWhole(store.parts.sql);
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
  serves = false,
  address,
}: PostgresStoreOptions): Promise<PostgresConnection> {
  const { connectionString, schema } = parse(url);
  const config = {
    connectionString,
    options: [`search_path=${schema}`, ...LIMITS].map((setting) => `-c ${setting}`).join(' '),
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  };
  const values = await prepare(config, schema, kekProvider);
  const membership = serves ? new Membership(config, { schema, address: address ?? null }) : null;
  await membership?.join();
  const pool = new Pool({
    ...config,
    connectionTimeoutMillis: POOL_MS,
    max: connections,
    types: typesOf(values),
  });
  // A connection that breaks says so here besides, and without a listener to the whole process: who uses it hears of it by
  // the next statement, and the others open another.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const release = async () => {
    await pool.end();
    await membership?.release();
  };
  return { pool, values, membership, release };
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
  if (kekProvider.epochs === null) {
    throw new LintelError('usage', 'LINTEL_EPOCHS names the folder that keeps the keys of epochs.');
  }
  const epochs = new Epochs(epochKeysIn(kekProvider.epochs, kekProvider));
  const { rows } = await client.query('SELECT provider, sealed FROM store_key');
  const isNew = rows.length === 0;
  const dataKey = isNew ? randomBytes(DATA_KEY_BYTES) : await openedKey(rows[0], kekProvider);
  try {
    const values = new SealedValues(dataKey, epochs);
    await beginEpochs(client, values);
    if (isNew) {
      const sealed = (await kekProvider.wrap(dataKey)).toString('base64');
      await client.query('INSERT INTO store_key (id, provider, sealed) VALUES (1, $1, $2)', [
        kekProvider.kind,
        sealed,
      ]);
      await fill(client, values);
    }
    return values;
  } finally {
    dataKey.fill(0);
  }
}

async function openedKey(row: unknown, kekProvider: KekProvider): Promise<Buffer> {
  const { provider, sealed } = KeyRow.parse(row);
  if (provider !== kekProvider.kind) {
    throw new LintelError('store-key-wrong', `(sealed by ${provider}, opened by ${kekProvider.kind})`);
  }
  return await kekProvider.unwrap(Buffer.from(sealed, 'base64'));
}

/** Know the epochs. Where there is none, begin the first, and seal under it what an earlier version had in clear. */
async function beginEpochs(client: Client, values: SealedValues): Promise<void> {
  const { rows } = await client.query('SELECT 1 FROM epochs LIMIT 1');
  const isFirst = rows.length === 0;
  if (isFirst) await values.epochs.turn(client, new Date(), null);
  await values.epochs.follow(client, (await client.query(READER_SEES)).rows[0]);
  for (const table of isFirst ? await tablesUnderEpochs(client) : []) {
    await reseal(values, table, values.epochs.newest, (work) => work(client));
  }
}

/** What the tables of a new store have. */
export async function fill(client: Pick<Client, 'query'>, values: SealedValues): Promise<void> {
  await client.query('INSERT INTO feed (id) VALUES ($1)', [randomBytes(16).toString('hex')]);
  for (const [name, value] of [
    ['device-key', generateDeviceKey()],
    ['template-protection', randomBytes(KEY_BYTES)],
  ] as const) {
    await client.query('INSERT INTO secrets (name, value) VALUES ($1, $2)', [
      name,
      values.seal('bytea', value),
    ]);
  }
}
