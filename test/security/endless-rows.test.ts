import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Changes,
  DEFAULT_POLICY,
  decodeMessage,
  encodeMessage,
  MAX_COLLECTIONS,
  Problem,
  Pull,
  Pushed,
  SYNC_MEDIA_TYPE,
  type FaceRecord,
} from '#contract';
import { Devices } from '#core/devices';
import { LOCAL_ACCOUNT } from '#core/store';
import { openDatabase } from '../../core/store/file/database.ts';
import { newTemplate } from '../../core/store/testing/made-up-faces.ts';
import { withDataKey } from '../../core/store/file/place.ts';
import { pair, type Fetch } from '../../main/sync/index.ts';
import { exchangeAs } from '../sync/member.ts';
import { ACCOUNT, facesOf, MODEL, newFaceId, newReference, World } from '../sync/world.ts';

/** What an appliance with a valid key may send without end, and what the server keeps and tells of it. */

let world: World;
let devices: Devices;
let deviceId: string;
let deviceKey: string;
let number: number;

beforeEach(async () => {
  world = await World.create(1);
  devices = new Devices(world.server.store);
  ({ deviceId, deviceKey } = await join());
  number = 0;
});
afterEach(async () => {
  await world.close();
});

const join = async () =>
  await pair(
    { origin: 'http://server', fetch: (url, init) => world.deliver(url, init) },
    {
      code: (await devices.invite(ACCOUNT)).code,
      name: 'door',
      publicKey: await world.server.store.audit.publicKey(),
    },
  );

/** @returns the body of the answer, or the code of the refusal */
async function send(path: string, body: unknown): Promise<unknown> {
  const answer = await world.deliver(new URL(`http://server/v1/sync/${path}`), {
    method: 'POST',
    headers: {
      authorization: `Device ${deviceKey}`,
      'content-type': SYNC_MEDIA_TYPE,
      'lintel-sync': '1',
    },
    body: Uint8Array.from(encodeMessage(body)),
  });
  if (!answer.ok) return Problem.parse(await answer.json()).code;
  return decodeMessage(new Uint8Array(await answer.arrayBuffer()));
}

const replicaId = `rep_${'1'.repeat(32)}`;

/** @returns why each was refused, or null */
async function push(...operations: { kind: string; body: unknown }[]): Promise<(string | null)[]> {
  const numbered = operations.map((operation) => ({ ...operation, number: ++number }));
  const { refused } = Pushed.parse(await send('push', { replicaId, operations: numbered }));
  const codes = new Map(refused.map(({ number, code }) => [number, code]));
  return numbered.map(({ number }) => codes.get(number) ?? null);
}

async function pull(wanted: string[] = []): Promise<Changes> {
  const query = { replicaId, cursor: 0, limit: 1000, bytes: 16_000_000, modelId: MODEL, wanted };
  return Changes.parse(await send('pull', query));
}

const allow = (rights: Partial<typeof DEFAULT_POLICY>) =>
  devices.setPolicy(ACCOUNT, deviceId, { ...DEFAULT_POLICY, ...rights });

function record(template: Float32Array, modelId = MODEL, collectionId = 'staff'): FaceRecord {
  const createdAt = new Date().toISOString();
  const travelling = { modelId, template: new Uint8Array(template.buffer) };
  const reference = {
    uid: newFaceId().slice(5),
    quality: 1,
    source: 'camera' as const,
    createdAt,
    templates: [travelling],
    image: null,
  };
  return {
    collectionId,
    faceId: newFaceId(),
    externalKey: null,
    metadata: {},
    createdAt,
    references: [reference],
  };
}

const added = (face: FaceRecord) => ({ kind: 'face-added', body: { face } });

const enrolAtServer = async (collectionId = 'staff'): Promise<string> => {
  const { store } = world.server;
  await store.createCollection(ACCOUNT, collectionId).catch(() => undefined);
  const faceId = newFaceId();
  await store.addFace(ACCOUNT, collectionId, { faceId, references: [newReference()] });
  return faceId;
};

describe('collections without end', () => {
  const created = (from: number, count: number, description: string | null) =>
    Array.from({ length: count }, (_, i) => ({
      kind: 'collection-created',
      body: { collectionId: `c${from + i}`, description },
    }));

  it('come to the others in pages, and hold up no deletion', async () => {
    const { store } = world.devices[0]!;
    const faceId = await enrolAtServer('c0');
    const sizes: { bytes: number; size: number }[] = [];
    const measuring: Fetch = async (url, init) => {
      const answer = await world.deliver(url, init);
      if (!url.pathname.endsWith('pull')) return answer;
      const { bytes } = Pull.parse(decodeMessage(new Uint8Array(init.body as Uint8Array)));
      const body = await answer.arrayBuffer();
      sizes.push({ bytes, size: body.byteLength });
      return new Response(body, { headers: answer.headers });
    };
    await exchangeAs(store, measuring);
    expect(await facesOf(store)).toEqual(new Map([[faceId, 'c0']]));
    // c0 changes after its face, and goes on before the newer deletion.
    expect(await push(...created(0, 300, '\u6f22'.repeat(1024)))).not.toContain('not-permitted');
    await world.server.store.deleteFace(ACCOUNT, 'c0', faceId);
    await exchangeAs(store, measuring);
    expect((await store.listCollections(LOCAL_ACCOUNT)).length).toBe(300);
    expect(await facesOf(store)).toEqual(new Map());
    for (const { bytes, size } of sizes) expect(size).toBeLessThan(bytes + 5000);
  });

  it('come within the limits of each question', async () => {
    await enrolAtServer('c0');
    await push(...created(0, 50, '\u6f22'.repeat(1024)));
    const query = { replicaId, cursor: 0, limit: 1000, bytes: 10_000, modelId: MODEL, wanted: [] };
    const heard = new Set<string>();
    for (let more = true; more;) {
      const answer = Changes.parse(await send('pull', query));
      expect(encodeMessage(answer).length).toBeLessThan(query.bytes + 5000);
      for (const { collectionId } of answer.collections) heard.add(collectionId);
      for (const face of answer.faces) expect(heard).toContain(face.collectionId);
      ({ more, cursor: query.cursor } = answer);
    }
    expect(heard.size).toBe(50);
  });

  /** So many collections of the account are there, as if it had made each. */
  const fill = (table: 'collections' | 'changes', count: number) =>
    withDataKey(world.server.dir, world.server.kekProvider, async (path, dataKey) => {
      const database = openDatabase(path, dataKey);
      const [columns, values] =
        table === 'changes'
          ? ['account, kind, id', "@account, 'collection', 'c' || i"]
          : ['account, collection_id, created_at, updated_at', "@account, 'c' || i, @now, @now"];
      database
        .prepare(
          `WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < @count)
           INSERT INTO ${table} (${columns}) SELECT ${values} FROM numbers`,
        )
        .run({ account: ACCOUNT, count, now: new Date().toISOString() });
      database.close();
    });

  it('end at some thousands, also by faces that lie in new ones', async () => {
    await fill('collections', MAX_COLLECTIONS);
    expect(
      await push(
        ...created(0, 1, null),
        ...created(MAX_COLLECTIONS, 1, null),
        added(record(newTemplate(32), MODEL, 'another')),
      ),
    ).toEqual([null, 'too-many-collections', 'too-many-collections']);
    await expect(world.server.store.createCollection(ACCOUNT, 'another')).rejects.toMatchObject({
      code: 'too-many-collections',
    });
    expect(await world.server.store.listCollections(ACCOUNT)).toHaveLength(MAX_COLLECTIONS);
  });

  it('are not noted without end where they never were', async () => {
    await allow({ mayEnrol: false, mayDelete: false });
    await fill('changes', 2 * MAX_COLLECTIONS - 1);
    const { newest = 0 } = await pull();
    await push(...created(2 * MAX_COLLECTIONS, 10, null));
    expect((await pull()).newest).toBe(newest + 1);
  });
});

describe('rows without end', () => {
  beforeEach(() => allow({ mayEnrol: false, mayDelete: false }));

  /** What a statement tells of the server's store. */
  const ask = async (sql: string, ...values: unknown[]): Promise<unknown[]> => {
    let rows: unknown[] = [];
    await withDataKey(world.server.dir, world.server.kekProvider, async (path, dataKey) => {
      const database = openDatabase(path, dataKey);
      const statement = database.prepare(sql);
      if (statement.reader) rows = statement.pluck().all(...values);
      else statement.run(...values);
      database.close();
    });
    return rows;
  };
  const refused = (number: number) => ({
    number,
    kind: 'collection-created',
    body: { collectionId: 'c', description: null },
  });
  const replica = (i: number) => `rep_${String(i).padStart(32, '0')}`;

  it('do not come of new replicas: the newest few stay, with what was refused of them', async () => {
    for (let i = 0; i < 20; i++) await send('push', { replicaId: replica(i), operations: [refused(1)] });
    const newest = Array.from({ length: 8 }, (_, i) => replica(12 + i));
    expect(await ask('SELECT replica_id FROM replicas WHERE device_id = ? ORDER BY 1', deviceId)).toEqual(
      newest,
    );
    expect(await ask('SELECT replica_id FROM refusals ORDER BY 1')).toEqual(newest);
    expect(await send('push', { replicaId: replica(19), operations: [] })).toMatchObject({ applied: 1 });
  });

  it('nor of what is refused of one replica: what one message may hold stays', async () => {
    for (let from = 1; from < 1500; from += 500) {
      const operations = Array.from({ length: 500 }, (_, i) => refused(from + i));
      // As if it had yet to hear of the first.
      await send('push', { replicaId, operations: [refused(1), ...operations.slice(from === 1 ? 1 : 0)] });
    }
    expect(await ask('SELECT count(*) FROM refusals')).toEqual([512]);
  });

  it('nor of heads of its audit log: of those before the newest thousand the first of each hour stays', async () => {
    await ask(
      `WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < 999)
       INSERT INTO anchors (device_id, n, hash, at)
       SELECT ?, 10 + i, 'h', strftime('%Y-%m-%dT%H:%M:%fZ', '2026-01-01T10:00:00', i || ' seconds') FROM numbers`,
      deviceId,
    );
    const report = {
      cursor: 0,
      version: 'test',
      clock: new Date().toISOString(),
      queue: 0,
      parked: 0,
      faces: 0,
    };
    for (let n = 2000; n < 2005; n++) await send('report', { ...report, audit: { n, hash: 'a'.repeat(64) } });
    const kept = await ask('SELECT n FROM anchors WHERE device_id = ? ORDER BY n', deviceId);
    expect(kept).toHaveLength(1001);
    expect(kept.slice(0, 2)).toEqual([10, 15]);
  });
});
