import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LintelError } from '#contract';
import { Devices } from '#core/devices';
import { ENROLMENT_RULES } from '#core/enrolment';
import { Gallery } from '#core/gallery';
import { createCalibration } from '#core/matching';
import { fileKekProvider, type SqlStore } from '../index.ts';
import { madeUpTable } from '../../matching/testing/made-up-table.ts';
import { randomTemplate, seeded } from '../../matching/testing/random-templates.ts';
import { openPostgresStore } from './index.ts';
import { Cluster, POSTGRES } from './testing/cluster.ts';

const MODEL = 'model-1';
const DIMENSION = 32;
const calibration = createCalibration(
  madeUpTable([
    [1e-1, 0.15],
    [1e-5, 0.5],
  ]),
);

describe.skipIf(POSTGRES === null)('servers on one PostgreSQL', () => {
  let cluster: Cluster;
  let folder: string;
  let accounts = 0;
  let account: string;
  let one: SqlStore;
  let other: SqlStore;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lintel-key-'));
    cluster = await Cluster.start();
    one = await open();
    other = await open();
  });
  afterAll(async () => {
    await one.close();
    await other.close();
    await cluster.stop();
    await rm(folder, { recursive: true });
  });
  /** Nothing that one test counts or enrols is another's. */
  beforeEach(() => {
    account = `account-${(accounts += 1)}`;
  });

  const open = (address?: string, connections = 4) =>
    openPostgresStore({
      address,
      url: cluster.url,
      kekProvider: fileKekProvider(join(folder, 'key')),
      connections,
      serves: true,
    });

  /** As where a process is killed: the database ends what its connections held. */
  const cutOff = () =>
    cluster.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
       WHERE locktype = 'advisory' AND pid <> pg_backend_pid()`,
    );

  it('are led by one, and by another once that has ended', async () => {
    const led: string[] = [];
    one.servers.whenLeading(() => led.push('one'));
    other.servers.whenLeading(() => led.push('other'));
    expect([one.servers.isLeader, other.servers.isLeader]).toEqual([true, false]);
    await one.close();
    await expect.poll(() => other.servers.isLeader).toBe(true);
    expect(led).toEqual(['one', 'other']);
    one = await open();
    expect(one.servers.isLeader).toBe(false);
  });

  it('are known to each other, and refuse what one keeps in its memory', async () => {
    await expect(one.servers.requireOne()).rejects.toMatchObject({ code: 'several-servers' });
    await other.close();
    await one.servers.requireOne();
    other = await open();
    await expect(one.servers.requireOne()).rejects.toMatchObject({ code: 'several-servers' });
  });

  it('know where the others are that run and gave an address', async () => {
    const [a, b] = [await open('http://a:1'), await open('http://b:1')];
    const live = ({ servers }: SqlStore) => servers.nodes?.live.map(({ address }) => address).toSorted();
    for (const store of [a, b]) {
      await expect.poll(() => live(store)).toEqual(['http://a:1', 'http://b:1']);
    }
    expect(one.servers.nodes).toBeNull();
    expect(a.servers.nodes!.key.equals(b.servers.nodes!.key)).toBe(true);
    expect(a.servers.nodes!.own.address).toBe('http://a:1');
    await b.close();
    await expect.poll(() => live(a)).toEqual(['http://a:1']);
    await cutOff();
    await expect
      .poll(() => cluster.query('SELECT 1 FROM lintel.nodes').then((each) => each.rowCount))
      .toBe(1);
    await a.close();
  });

  it('know who holds what lies in the memory of one, until that one ends', async () => {
    // Those that were cut off before come back within a second.
    const seenBy = ({ servers }: SqlStore) => servers.requireOne().catch(({ code }: LintelError) => code);
    await expect.poll(() => Promise.all([one, other].map(seenBy))).toEqual(Array(2).fill('several-servers'));
    const [a, b] = [await open('http://a:1'), await open('http://b:1')];
    const [ofA, ofB] = [a.servers.nodes!, b.servers.nodes!];
    // As long as two others gave no address, they could not ask.
    await expect(a.servers.requireReachable()).rejects.toMatchObject({ code: 'several-servers' });
    await expect(one.servers.requireReachable()).rejects.toMatchObject({ code: 'several-servers' });
    expect(await ofB.holdings.holderOf('x')).toBeNull();
    const taken = await Promise.all([ofA, ofB].map(({ holdings }) => holdings.hold('x', null)));
    expect(taken.filter((isMine) => isMine)).toHaveLength(1);
    const [winner, loser, ended] = taken[0]! ? [ofA, ofB, a] : [ofB, ofA, b];
    for (const { holdings } of [ofA, ofB]) expect(await holdings.holderOf('x')).toEqual(winner.own);
    expect(await winner.holdings.hold('x', null)).toBe(true);
    // What has a time is known for as long.
    expect(await winner.holdings.hold('short', 0)).toBe(true);
    expect(await loser.holdings.hold('short', 60_000)).toBe(true);
    await ended.close();
    expect(await loser.holdings.holderOf('x')).toBeNull();
    expect(await loser.holdings.hold('x', null)).toBe(true);
    expect(await loser.holdings.holderOf('x')).toEqual(loser.own);
    await (ended === a ? b : a).close();
  });

  it('tell each other what changed, and are right without being told', async () => {
    const told: string[] = [];
    other.servers.whenChanged((...place) => told.push(place.join(' ')));
    await one.createCollection(account, 'c');
    const [writer, reader] = await Promise.all(
      [one, other].map((store) =>
        Gallery.open({ store, account, modelId: MODEL, dimension: DIMENSION, calibration }),
      ),
    );
    const template = randomTemplate(DIMENSION, seeded(2));
    const references = [{ modelId: MODEL, template, quality: 1, source: 'api' }] as const;
    const { faceId } = await writer!.enrol('c', { references });
    await expect.poll(() => told).toContain(`${account} c`);
    expect(await reader!.identify('c', template, { threshold: 90 })).toMatchObject({ faceId });
    // What anybody says there does no harm.
    await cluster.query("NOTIFY lintel_changes, 'x'");
    await cutOff();
    await writer!.deleteFace('c', faceId);
    expect(await reader!.identify('c', template, { threshold: 90 })).toMatchObject({ faceId: null });
    await other.setSecret('joined', Buffer.of(1));
    const { length } = told;
    await writer!.enrol('c', { references });
    await expect.poll(() => told.length).toBeGreaterThan(length);
  });

  it('go on after they were cut off, and one leads again', async () => {
    let begun = 0;
    for (const { servers } of [one, other]) servers.whenLeading(() => void (begun += 1));
    expect(begun).toBe(1);
    await cutOff();
    // The former one may hear of its end after another leads.
    const leaders = () => [one, other].filter(({ servers }) => servers.isLeader).length;
    await expect.poll(() => [begun, leaders()]).toEqual([2, 1]);
    await one.setSecret('s', Buffer.of(1));
    expect(await other.getSecret('s')).toEqual(Buffer.of(1));
  });

  it('answer a request once, and again where the one that began it has ended', async () => {
    const reply = { fingerprint: Buffer.of(1), body: '{}' };
    expect(await one.replies.begin(account, 'k')).toBe('begun');
    expect(await other.replies.begin(account, 'k')).toBe('under-way');
    expect(await one.replies.begin(account, 'k')).toBe('begun');
    await one.replies.save(account, 'k', reply);
    expect(await other.replies.begin(account, 'k')).toEqual(reply);
    expect(await one.replies.begin(account, 'abandoned')).toBe('begun');
    await one.replies.abandon(account, 'abandoned');
    expect(await other.replies.begin(account, 'abandoned')).toBe('begun');
    expect(await one.replies.begin(account, 'killed')).toBe('begun');
    await one.close();
    expect(await other.replies.begin(account, 'killed')).toBe('begun');
    one = await open();
    expect(await one.replies.begin(account, 'killed')).toBe('under-way');
  });

  it('enrol one face where one was cut off, and another took over what it was doing', async () => {
    await one.createCollection(account, 'c');
    expect(await one.replies.begin(account, 'k')).toBe('begun');
    // The first one may have joined again by then.
    const begin = () => other.replies.begin(account, 'k');
    await expect.poll(() => cutOff().then(begin)).toBe('begun');
    const face = { faceId: `face_${'0'.repeat(32)}`, references: [] };
    await one.addFace(account, 'c', face);
    await expect(other.addFace(account, 'c', face)).rejects.toMatchObject({ code: 'store-busy' });
    expect(await other.getFace(account, 'c', face.faceId)).toHaveProperty('faceId', face.faceId);
  });

  it('count together what happens in a minute, each place given once', async () => {
    const places = [one, other].flatMap(({ servers }) =>
      Array.from({ length: 50 }, async () => (await servers.rates.take('n', 2)).count),
    );
    const all = Array.from({ length: 100 }, (_, i) => 2 * (i + 1));
    expect((await Promise.all(places)).toSorted((a, b) => a - b)).toEqual(all);
    expect(await one.servers.rates.take('another', 1)).toMatchObject({ count: 1 });
    await cluster.query("UPDATE lintel.rates SET ends_at = now() - INTERVAL '1 second'");
    const { count, endsInMs } = await other.servers.rates.take('n', 1);
    expect([count, Math.ceil(endsInMs / 60_000)]).toEqual([1, 1]);
  });

  it('keep to a limit of a minute and of a month together, whatever their own clocks say', async () => {
    await one.accounts.add(account, 'A', { keyId: 'k', hash: Buffer.of(1), scopes: [] });
    const charge = async (
      store: SqlStore,
      limits: { minute: number | null; month: number | null },
      meter = 'm',
    ) =>
      store.usage.charge(account, meter, limits, new Date(store === one ? 0 : 4e12)).then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
    const both = async (count: number, limits: Parameters<typeof charge>[1]) => {
      const calls = [one, other].flatMap((store) =>
        Array.from({ length: count }, () => charge(store, limits)),
      );
      return (await Promise.all(calls)).filter((outcome) => outcome === 'done').length;
    };
    expect(await both(10, { minute: 7, month: null })).toBe(7);
    // Calls under way count for the month too,
    expect(await both(10, { minute: null, month: 12 })).toBe(5);
    // and no more where their server was killed.
    const third = { minute: null, month: 3 };
    for (const store of [one, one, other, other])
      expect(await charge(store, { minute: null, month: null }, 'killed')).toBe('done');
    expect(await charge(other, third, 'killed')).not.toBe('done');
    await one.close();
    expect(await charge(other, third, 'killed')).toBe('done');
    one = await open();
  });

  it('take a code to join with from each other, though their machines started at different times', async () => {
    // Seconds since 1970: no machine has been running for that long.
    expect(await one.devices.uptime()).toBeGreaterThan(1e9);
    const { code } = await new Devices(one).invite(account);
    const device = { name: 'd', publicKey: 'p' };
    await expect(new Devices(other).pair({ code, ...device })).resolves.toHaveProperty('deviceId');
  });

  it('go on while a newer one has brought the schema further, and start no more', async () => {
    await one.createCollection(account, 'c');
    const enrol = (store: SqlStore, i: number) =>
      store.addFace(account, 'c', { faceId: `face_${String(i).padStart(32, '0')}`, references: [] });
    // Statements are known to their connections by now.
    for (const [i, store] of [one, other].entries()) await enrol(store, i);
    // What a migration may do, to a table that is written and one that is read.
    await cluster.query(`SET search_path = lintel;
      ALTER TABLE faces ADD COLUMN later TEXT;
      ALTER TABLE collections ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
      ALTER TABLE audit_log ADD COLUMN later TEXT;
      CREATE TABLE later (id BIGINT PRIMARY KEY);
      CREATE INDEX faces_later ON faces (later);
      INSERT INTO migrations (number) SELECT max(number) + 1 FROM migrations`);
    try {
      for (const [i, store] of [one, other].entries()) {
        const { faceId } = await enrol(store, 2 + i);
        expect(await one.getFace(account, 'c', faceId)).toHaveProperty('faceId', faceId);
        await store.deleteFace(account, 'c', faceId);
      }
      expect((await other.listFaces(account, 'c')).total).toBe(2);
      await expect(open()).rejects.toMatchObject({ code: 'store-newer' });
    } finally {
      await cluster.query(`SET search_path = lintel;
        ALTER TABLE faces DROP COLUMN later;
        ALTER TABLE collections DROP COLUMN later;
        ALTER TABLE audit_log DROP COLUMN later;
        DROP TABLE later;
        DELETE FROM migrations WHERE number = (SELECT max(number) FROM migrations)`);
    }
  });

  it('let a caller wait who finds all connections in use', async () => {
    const narrow = await open(undefined, 1);
    // It has its connection from now on.
    await narrow.listCollections(account);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
      const first = narrow.parts.sql.read(() => isOver);
      const second = narrow.listCollections(account).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(20_000);
      end();
      await first;
      expect(await second).toEqual([]);
    } finally {
      vi.useRealTimers();
      await narrow.close();
    }
  });

  it('find or enrol a new person once, of 200 who ask at the same time', async () => {
    await one.createCollection(account, 'c');
    const galleries = await Promise.all(
      [one, other].map((store) =>
        Gallery.open({ store, account, modelId: MODEL, dimension: DIMENSION, calibration }),
      ),
    );
    const template = randomTemplate(DIMENSION, seeded(1));
    const reference = { modelId: MODEL, template, quality: 1, source: 'api' } as const;
    const asked = Array.from({ length: 200 }, (_, i) =>
      ENROLMENT_RULES.realeyes.searchOrIndex.enrol(galleries[i % 2]!, 'c', { references: [reference] }, 90),
    );
    const enrolled = (await Promise.all(asked)).flatMap((answer) =>
      'enrolled' in answer ? [answer.enrolled.faceId] : [],
    );
    expect(enrolled).toHaveLength(1);
    expect(await galleries[0]!.count('c')).toBe(1);
    await galleries[0]!.deleteFace('c', enrolled[0]!);
    expect(await galleries[1]!.identify('c', template, { threshold: 90 })).toMatchObject({
      match: false,
      searched: 0,
    });
  });
});
