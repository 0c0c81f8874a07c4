import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fileKekProvider, type SqlStore } from '../index.ts';
import { migrate } from '../migrations/migrate.ts';
import { describeForgetting } from '../testing/forgetting-suite.ts';
import { newFaceId, newReference } from '../testing/made-up-faces.ts';
import { describeMerged } from '../testing/merged-suite.ts';
import { describeMove } from '../testing/move-suite.ts';
import { A } from '../testing/store-per-test.ts';
import { describeStore } from '../testing/store-suite.ts';
import { openPostgresStore } from './index.ts';
import { connect, fill } from './open-postgres-store.ts';
import { PostgresEngine } from './postgres-engine.ts';
import { TableStore } from '../table-store.ts';
import { Cluster, POSTGRES } from './testing/cluster.ts';

/** Empties every table. */
const EMPTY = `SET session_replication_role = replica;
  DO $$ DECLARE each TEXT; BEGIN
    FOR each IN SELECT table_name FROM information_schema.tables
      WHERE table_schema = 'lintel' AND table_name NOT IN ('migrations', 'store_key', 'epochs')
    LOOP EXECUTE format('DELETE FROM lintel.%I', each); END LOOP;
  END $$;
  SET session_replication_role = DEFAULT`;

describe.skipIf(POSTGRES === null)('on PostgreSQL', () => {
  let cluster: Cluster;
  let folder: string;
  let connection: Awaited<ReturnType<typeof connect>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lintel-key-'));
    cluster = await Cluster.start();
    connection = await connect({ url: cluster.url, kekProvider: kekProvider() });
  });
  afterAll(async () => {
    await connection.release();
    await cluster.stop();
    await rm(folder, { recursive: true });
  });

  const kekProvider = () => fileKekProvider(join(folder, 'key'));
  const empty = async () => {
    const { pool, values } = connection;
    await pool.query(EMPTY);
    await fill(pool, values);
  };
  /** Another handle, over connections that are there: to make new ones takes most of the time. */
  const open = async () => TableStore.over(new PostgresEngine({ ...connection, release: async () => {} }));

  // First: it looks through every file of the cluster, which are few yet.
  describeForgetting(() => cluster);
  describeMove(() => cluster);

  const fresh = async () => {
    await empty();
    return open;
  };
  describeStore(fresh);
  describeMerged(fresh);

  describe('and nothing else', () => {
    let store: SqlStore;
    beforeEach(async () => {
      await empty();
      store = await open();
      await store.createCollection(A, 'c');
    });
    afterEach(() => store.close());

    const enrol = async (faceId = newFaceId()) => {
      await store.addFace(A, 'c', { faceId, references: [newReference()], externalKey: 'k' });
      return faceId;
    };

    it('thins anchors that an earlier version kept as reports do', async () => {
      const file = new URL('./migrations/0012-anchors-by-time.sql', import.meta.url);
      const client = await connection.pool.connect();
      try {
        await client.query(`BEGIN; SET LOCAL session_replication_role = replica; SET LOCAL search_path = lintel;
          DROP INDEX anchors_by_time;
          INSERT INTO anchors (device_id, n, hash, at) SELECT 'dev', n, 'h', '2026-01-01T'
            || CASE WHEN n < 3 THEN '10' WHEN n < 6 THEN '11' ELSE '12' END || ':00:00.000Z'
            FROM generate_series(1, 1005) AS n`);
        await client.query(await readFile(file, 'utf8'));
        const { rows } = await client.query<{ n: unknown }>('SELECT n FROM anchors ORDER BY n');
        const newest = Array.from({ length: 1000 }, (_, i) => 6 + i);
        expect(rows.map(({ n }) => Number(n))).toEqual([1, 3, ...newest]);
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    });

    it('counts on after numbers that a move by an earlier version brought', async () => {
      const file = new URL('./migrations/0014-numbers-after-a-move.sql', import.meta.url);
      const client = await connection.pool.connect();
      const migrated = async () => client.query(await readFile(file, 'utf8'));
      const next = async () => {
        const { rows } = await client.query<{ frame: unknown; removed: unknown }>(`
          WITH frame AS (INSERT INTO granted_frames (digest) VALUES (gen_random_uuid()::text::bytea) RETURNING number),
            removed AS (INSERT INTO removed_references (face, uid) VALUES (1, gen_random_uuid()) RETURNING id)
          SELECT frame.number AS frame, removed.id AS removed FROM frame, removed`);
        return [Number(rows[0]!.frame), Number(rows[0]!.removed)];
      };
      try {
        await client.query(`BEGIN; SET LOCAL session_replication_role = replica; SET LOCAL search_path = lintel;
          ALTER TABLE granted_frames ALTER COLUMN number RESTART;
          ALTER TABLE removed_references ALTER COLUMN id RESTART`);
        await migrated();
        expect(await next()).toEqual([1, 1]);
        await client.query(`
          INSERT INTO granted_frames (number, digest) SELECT n, n::text::bytea FROM generate_series(2, 12) AS n;
          INSERT INTO removed_references (id, face, uid) SELECT n, 2, n FROM generate_series(2, 7) AS n`);
        await migrated();
        expect(await next()).toEqual([13, 8]);
        await client.query(
          'DELETE FROM granted_frames WHERE number > 5; DELETE FROM removed_references WHERE id > 5',
        );
        await migrated();
        expect(await next()).toEqual([14, 9]);
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    });

    it('has a state hash that differs with the contents', async () => {
      const before = await store.stateHash();
      const faceId = await enrol();
      expect(await store.stateHash()).not.toBe(before);
      await store.audit.append({ kind: 'signed-in' });
      const hash = await store.stateHash();
      expect(await store.stateHash()).toBe(hash);
      await store.setMetadata(A, 'c', faceId, { name: 'Robin' });
      expect(await store.stateHash()).not.toBe(hash);
    });

    it('refuses a U+0000, which no text of PostgreSQL has, as what makes no sense', async () => {
      await expect(store.createCollection(A, 'd', '\0')).rejects.toMatchObject({ code: 'usage' });
      await expect(store.getFace(A, 'c', 'face_\0')).rejects.toMatchObject({ code: 'usage' });
    });

    it('has the tables and columns that SQLite has', async () => {
      const database = new Database(':memory:');
      migrate(database);
      const inFile = database
        .prepare(
          `SELECT tables.name || '.' || columns.name AS name
           FROM sqlite_schema AS tables JOIN pragma_table_info(tables.name) AS columns
           WHERE tables.type = 'table' AND tables.name NOT IN ('sqlite_sequence', 'runner') ORDER BY 1`,
        )
        .pluck()
        .all();
      const { rows } = await cluster.query(
        `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
         WHERE table_schema = 'lintel' AND table_name NOT IN
           ('migrations', 'store_key', 'epochs', 'deleted_under', 'requests_under_way', 'calls_under_way', 'rates', 'nodes', 'holdings')`,
      );
      expect(rows.map(({ name }) => name as string).toSorted()).toEqual(inFile);
    });

    it('seals what is binary', async () => {
      const secret = Buffer.from('a secret that is easy to find');
      await store.setSecret('found', secret);
      expect(await store.getSecret('found')).toEqual(secret);
      const { rows } = await cluster.query("SELECT value FROM lintel.secrets WHERE name = 'found'");
      expect((rows[0]!['value'] as Buffer).includes(secret.subarray(0, 4))).toBe(false);
    });

    it('opens with no other key, and no value that was changed', async () => {
      const other = fileKekProvider(join(folder, 'other-key'));
      await other.wrap(Buffer.alloc(32));
      const opening = openPostgresStore({ url: cluster.url, kekProvider: other });
      await expect(opening).rejects.toMatchObject({ code: 'store-key-wrong' });
      await store.setSecret('changed', Buffer.of(1));
      await cluster.query("UPDATE lintel.secrets SET value = '\\\\x0011' WHERE name = 'changed'");
      await expect(store.getSecret('changed')).rejects.toMatchObject({ code: 'store-corrupt' });
    });

    it('calls nothing done that was undone, where an error was passed over', async () => {
      const { sql, secrets } = store.parts;
      const passing = sql.write(async (tx) => {
        await secrets.set(tx, 'undone', Buffer.of(1));
        await tx.run('SELECT 1 / 0', []).catch(() => {});
      });
      await expect(passing).rejects.toThrow('A statement failed');
      expect(await store.getSecret('undone')).toBeNull();
    });

    it('takes no other address, and does not repeat it', async () => {
      for (const url of ['mysql://u:hidden@h/d', 'hidden', `${cluster.url}&schema=Hidden`]) {
        const opening = openPostgresStore({ url, kekProvider: kekProvider() });
        const error: unknown = await opening.catch((failure: unknown) => failure);
        expect(error).toMatchObject({ code: 'usage' });
        expect(String(error)).not.toMatch(/hidden/i);
      }
    });

    it('gives the numbers of the feed in the order of the commits', async () => {
      const { sql, changes } = store.parts;
      const other = await open();
      const seen: number[] = [];
      const writers = [store, other].flatMap((handle) =>
        Array.from({ length: 20 }, (_, i) => handle.createCollection(A, `c-${handle === other}-${i}`)),
      );
      let isDone = false;
      const reading = (async () => {
        for (let cursor = 0, last = false; !last;) {
          last = isDone;
          const from = cursor;
          const some = await sql.read((tx) => changes.after(tx, A, from, 100));
          seen.push(...some.map(({ seq }) => seq));
          cursor = some.at(-1)?.seq ?? cursor;
        }
      })();
      await Promise.all(writers);
      isDone = true;
      await reading;
      // A reader that goes on from the last number misses nobody: the collection of the beginning, and forty.
      expect(seen).toHaveLength(41);
      await other.close();
    });

    it('undoes what a connection was in the middle of when it breaks, and goes on', async () => {
      const { sql, secrets } = store.parts;
      const breaking = sql.write(async (tx) => {
        await secrets.set(tx, 'half', Buffer.of(1));
        await cluster.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'",
        );
        await secrets.set(tx, 'other-half', Buffer.of(2));
      });
      await expect(breaking).rejects.toMatchObject({ code: 'store-busy' });
      expect(await store.getSecret('half')).toBeNull();
      await store.setSecret('half', Buffer.of(3));
      expect(await store.getSecret('half')).toEqual(Buffer.of(3));
    });
  });
});
