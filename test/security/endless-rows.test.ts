import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Changes, decodeMessage, encodeMessage, MAX_COLLECTIONS, Pull } from '#contract';
import { LOCAL_ACCOUNT } from '#core/store';
import { openDatabase } from '../../core/store/file/database.ts';
import { newTemplate } from '../../core/store/testing/made-up-faces.ts';
import { withDataKey } from '../../core/store/file/place.ts';
import type { Fetch } from '../../main/sync/index.ts';
import { exchangeAs } from '../sync/member.ts';
import { added, record, RogueDevice } from '../sync/rogue-device.ts';
import { ACCOUNT, facesOf, MODEL, World } from '../sync/world.ts';

/** What an appliance with a valid key may send without end, and what the server keeps and tells of it. */

let world: World;
let device: RogueDevice;

beforeEach(async () => {
  world = await World.create(1);
  device = await RogueDevice.join(world);
});
afterEach(async () => {
  await world.close();
});

describe('collections without end', () => {
  const created = (from: number, count: number, description: string | null) =>
    Array.from({ length: count }, (_, i) => ({
      kind: 'collection-created',
      body: { collectionId: `c${from + i}`, description },
    }));

  it('come to the others in pages, and hold up no deletion', async () => {
    const { store } = world.devices[0]!;
    const faceId = await world.enrolAtServer('c0');
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
    expect(await device.push(...created(0, 300, '\u6f22'.repeat(1024)))).not.toContain('not-permitted');
    await world.server.store.deleteFace(ACCOUNT, 'c0', faceId);
    await exchangeAs(store, measuring);
    expect((await store.listCollections(LOCAL_ACCOUNT)).length).toBe(300);
    expect(await facesOf(store)).toEqual(new Map());
    for (const { bytes, size } of sizes) expect(size).toBeLessThan(bytes + 5000);
  });

  it('come within the limits of each question', async () => {
    await world.enrolAtServer('c0');
    await device.push(...created(0, 50, '\u6f22'.repeat(1024)));
    const query = {
      replicaId: device.replicaId,
      cursor: 0,
      limit: 1000,
      bytes: 10_000,
      modelId: MODEL,
      wanted: [],
    };
    const heard = new Set<string>();
    for (let more = true; more;) {
      const answer = Changes.parse(await device.send('pull', query));
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
      await device.push(
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
    await device.allow({ mayEnrol: false, mayDelete: false });
    await fill('changes', 2 * MAX_COLLECTIONS - 1);
    const { newest = 0 } = await device.pull();
    await device.push(...created(2 * MAX_COLLECTIONS, 10, null));
    expect((await device.pull()).newest).toBe(newest + 1);
  });
});

describe('rows without end', () => {
  beforeEach(() => device.allow({ mayEnrol: false, mayDelete: false }));

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
    for (let i = 0; i < 20; i++)
      await device.send('push', { replicaId: replica(i), operations: [refused(1)] });
    const newest = Array.from({ length: 8 }, (_, i) => replica(12 + i));
    expect(
      await ask('SELECT replica_id FROM replicas WHERE device_id = ? ORDER BY 1', device.deviceId),
    ).toEqual(newest);
    expect(await ask('SELECT replica_id FROM refusals ORDER BY 1')).toEqual(newest);
    expect(await device.send('push', { replicaId: replica(19), operations: [] })).toMatchObject({
      applied: 1,
    });
  });

  it('nor of what is refused of one replica: what one message may hold stays', async () => {
    for (let from = 1; from < 1500; from += 500) {
      const operations = Array.from({ length: 500 }, (_, i) => refused(from + i));
      // As if it had yet to hear of the first.
      await device.send('push', {
        replicaId: device.replicaId,
        operations: [refused(1), ...operations.slice(from === 1 ? 1 : 0)],
      });
    }
    expect(await ask('SELECT count(*) FROM refusals')).toEqual([512]);
  });

  it('nor of heads of its audit log: of those before the newest thousand the first of each hour stays', async () => {
    await ask(
      `WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < 999)
       INSERT INTO anchors (device_id, n, hash, at)
       SELECT ?, 10 + i, 'h', strftime('%Y-%m-%dT%H:%M:%fZ', '2026-01-01T10:00:00', i || ' seconds') FROM numbers`,
      device.deviceId,
    );
    const report = {
      cursor: 0,
      version: 'test',
      clock: new Date().toISOString(),
      queue: 0,
      parked: 0,
      faces: 0,
    };
    for (let n = 2000; n < 2005; n++)
      await device.send('report', { ...report, audit: { n, hash: 'a'.repeat(64) } });
    const kept = await ask('SELECT n FROM anchors WHERE device_id = ? ORDER BY n', device.deviceId);
    expect(kept).toHaveLength(1001);
    expect(kept.slice(0, 2)).toEqual([10, 15]);
  });
});
