import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AccessPolicy, DeviceEventQuery, type DevicePolicy, type Problem } from '#contract';
import { Devices } from '#core/devices';
import { LOCAL_ACCOUNT, type SqlStore } from '#core/store';
import { Replica } from '#core/sync';
import { keepFake } from '../../main/camera/index.ts';
import { accessInForce, eventOf, requireOwnAccess } from '../../main/doors/index.ts';
import {
  forgetMembership,
  joinRealeyes,
  joinServer,
  membershipOf,
  startSync,
  type Fetch,
  type Membership,
} from '../../main/sync/index.ts';
import { auditOf } from '../../core/store/testing/store-per-test.ts';
import { changePolicy, exchangeAs, feedMembership, joinAs, Line } from './member.ts';
import { API_KEY, PageServer } from './page-server.ts';
import { ACCOUNT, facesOf, MODEL, newFaceId, newReference, World } from './world.ts';

/** An appliance that leaves its server, or joins another, at any moment. */

let world: World;
let devices: Devices;
let store: SqlStore;
let line: Line;

beforeEach(async () => {
  world = await World.create(1);
  devices = new Devices(world.server.store);
  store = world.devices[0]!.store;
  line = new Line((url, init) => world.deliver(url, init));
  await pair();
});
afterEach(() => world.close());

const send: Fetch = (url, init) => line.send(url, init);

const pair = (policy?: Partial<DevicePolicy>) => joinAs(store, send, devices, policy);

async function joinPage(): Promise<void> {
  const page = await PageServer.start();
  await joinRealeyes(store, { origin: page.origin }, API_KEY);
  await page.stop();
}

const lose = (): never => {
  throw new TypeError('fetch failed');
};

const run = () => exchangeAs(store, send);

async function enrol(): Promise<void> {
  await store.createCollection(LOCAL_ACCOUNT, 'staff').catch(() => undefined);
  await store.addFace(LOCAL_ACCOUNT, 'staff', { faceId: newFaceId(), references: [newReference()] });
}

const setPolicy = (changed: Partial<DevicePolicy>) => changePolicy(store, devices, changed);

const WAYS: readonly [string, () => Promise<void>][] = [
  ['it is left', () => forgetMembership(store)],
  ['the appliance is paired again', pair],
  ['it is left for a server by the Realeyes API', joinPage],
];

describe('access rules', () => {
  const rules = (group: string): AccessPolicy =>
    AccessPolicy.parse({ timeZone: 'UTC', rules: [{ groups: [group] }] });
  const inForce = () => accessInForce(store);

  describe.each(WAYS)('of the server, once %s,', (_how, leave) => {
    it('stay', async () => {
      await setPolicy({ access: rules('server') });
      await run();
      await leave();
      expect(await inForce()).toEqual({ policy: rules('server'), source: 'own' });
    });

    it('let nobody pass where this version cannot read them, until others are set', async () => {
      await setPolicy({ access: { rules: [{ fromTheFuture: true }] } });
      await run();
      await leave();
      await expect(inForce()).rejects.toMatchObject({ code: 'access-unreadable' });
      await requireOwnAccess(store);
      await store.door.setPolicy(rules('own'));
      expect(await inForce()).toEqual({ policy: rules('own'), source: 'own' });
    });

    it('leave the own in force where there were none', async () => {
      await store.door.setPolicy(rules('own'));
      await leave();
      expect(await inForce()).toEqual({ policy: rules('own'), source: 'own' });
    });
  });

  it('that the server signs while it is left stay', async () => {
    await setPolicy({ access: rules('server') });
    await run();
    await setPolicy({ access: rules('newer') });
    const { door } = store;
    const keep = door.keepPolicy.bind(door);
    vi.spyOn(door, 'keepPolicy').mockImplementationOnce(async (signed) => {
      await keep(signed);
      await run();
    });
    await forgetMembership(store);
    expect(await inForce()).toEqual({ policy: rules('newer'), source: 'own' });
  });
});

it('joins no server while it takes pictures of a made-up camera, and uses up no code', async () => {
  await forgetMembership(store);
  await keepFake(store, true);
  const { code } = await devices.invite(ACCOUNT, {});
  const joining = () => joinServer(store, { origin: 'https://server', fetch: send }, code, 'door');
  const refused = { code: 'fake-camera-refused' };
  await expect(joining()).rejects.toMatchObject(refused);
  await expect(joinRealeyes(store, { origin: 'https://page' }, API_KEY)).rejects.toMatchObject(refused);
  expect(await membershipOf(store)).toBeNull();
  await keepFake(store, false);
  expect(await joining()).toMatchObject({ mode: 'feed' });
});

it('belongs to no server when it crashed while it joined', async () => {
  vi.spyOn(Replica.prototype, 'join').mockRejectedValueOnce(new Error('crash'));
  await expect(pair()).rejects.toThrow('crash');
  expect(await membershipOf(store)).toBeNull();
});

it('says that it has no server any more where it left in the midst of an exchange', async () => {
  await enrol();
  line.meanwhile = { path: '/v1/sync/push', work: () => forgetMembership(store) };
  await expect(run()).rejects.toMatchObject({ code: 'sync-not-joined' });
});

it('stays away from a server that it left while this answered', async () => {
  await setPolicy({ pollSeconds: 60 });
  line.meanwhile = { path: '/v1/sync/report', work: () => forgetMembership(store) };
  await run();
  expect(await membershipOf(store)).toBeNull();
});

it.each(WAYS)('follows no policy of the server any more where %s meanwhile', async (_how, leave) => {
  await setPolicy({ sealOnRevocation: true });
  await devices.revoke(ACCOUNT, (await feedMembership(store)).deviceId);
  let next: Membership | null | undefined;
  vi.spyOn(Replica.prototype, 'evictAll').mockImplementationOnce(async () => {
    await leave();
    next = await membershipOf(store);
  });
  await expect(run()).rejects.toMatchObject({ code: 'sync-not-joined' });
  expect(await membershipOf(store)).toEqual(next);
});

it('does not go back to an older policy than another process took over while it followed that', async () => {
  await setPolicy({ sendImages: false });
  await run();
  await setPolicy({ sendImages: true });
  vi.spyOn(Replica.prototype, 'queueImages').mockImplementationOnce(async () => {
    await setPolicy({ pollSeconds: 90 });
    await run();
  });
  await run();
  const followed = (await auditOf(store)).flatMap(([, entry]) =>
    entry.kind === 'policy-followed' ? [Number(entry.version)] : [],
  );
  expect(followed).toEqual([...new Set(followed)].toSorted((a, b) => a - b));
});

it('keeps everybody who is still here when it leaves while it seals itself', async () => {
  await setPolicy({ sealOnRevocation: true });
  await devices.revoke(ACCOUNT, (await feedMembership(store)).deviceId);
  // The server has yet to hear of this one: what said so goes when it leaves.
  await enrol();
  vi.spyOn(Replica.prototype, 'joined').mockImplementationOnce(async () => {
    const state = await new Replica(store).joined();
    await forgetMembership(store);
    return state;
  });
  await expect(run()).rejects.toMatchObject({ code: 'sync-not-joined' });
  expect((await facesOf(store)).size).toBe(1);
});

it('sends nobody by the key of the former server who waits for the next', async () => {
  await enrol();
  line.meanwhile = { path: '/v1/sync/push', work: pair };
  await expect(run()).rejects.toMatchObject({ code: 'sync-not-joined' });
  expect((await facesOf(world.server.store, ACCOUNT)).size).toBe(0);
  await run();
  expect((await facesOf(world.server.store, ACCOUNT)).size).toBe(1);
});

describe('an exchange that is under way in the background', () => {
  let warned: unknown[];
  const start = () => {
    const log = pino({ level: 'silent' });
    warned = [];
    for (const level of ['warn', 'error'] as const) {
      vi.spyOn(log, level).mockImplementation(
        (what, text) => void warned.push({ level, ...Object(what), text }),
      );
    }
    return startSync({
      store,
      modelId: () => MODEL,
      version: 'test',
      overMetered: () => true,
      dropSentImages: () => false,
      log,
      fetch: send,
    });
  };

  it.each([
    ['leaves', () => forgetMembership(store), 'off'],
    ['is paired again', pair, 'idle'],
    ['is paired again, and its server is not reached,', () => pair().then(lose), 'idle'],
  ] as const)('is no failure where the appliance %s meanwhile', async (_how, work, state) => {
    await enrol();
    line.meanwhile = { path: '/v1/sync/push', work };
    const sync = start();
    // After the first exchange there is another.
    await sync.now();
    expect(await sync.status()).toMatchObject({ state, error: null, nextTry: null });
    expect(warned).toEqual([]);
    await sync.close();
  });

  it.each([
    [true, 'removed'],
    [false, 'kept'],
  ])('says once that the appliance is revoked, and what to do: sealing %s', async (isSealing, people) => {
    await setPolicy({ sealOnRevocation: isSealing });
    const { deviceId } = await feedMembership(store);
    await devices.revoke(ACCOUNT, deviceId);
    const sync = start();
    await sync.now();
    await sync.now();
    await sync.now();
    expect(await sync.status()).toMatchObject({ state: 'revoked' });
    const text = expect.stringMatching(/revoked this appliance.*lintel pair.*lintel unpair/) as string;
    expect(warned).toEqual([
      { level: 'error', code: 'device-revoked', server: 'https://server', deviceId, people, text },
    ]);
    await sync.close();
  });

  it('is a failure where the server alone says that the appliance has left', async () => {
    const code = 'sync-not-joined';
    const problem: Problem = { type: '', title: '', status: 409, code, detail: '', requestId: '' };
    line = new Line(async (url, init) =>
      url.pathname === '/v1/sync/policy'
        ? Response.json(problem, { status: 409 })
        : await world.deliver(url, init),
    );
    const sync = start();
    await sync.now();
    const error = 'server-unreachable';
    expect(await sync.status()).toMatchObject({
      state: 'waiting',
      error,
      nextTry: expect.any(String) as string,
    });
    expect(warned).toMatchObject([
      { code: error, failures: 1 },
      { code: error, failures: 2 },
    ]);
    await sync.close();
  });

  it('is a failure where the server has a newer policy each time, too often in a row', async () => {
    const change = async () => {
      line.meanwhile = { path: '/v1/sync/policy', work: change };
      await setPolicy({});
    };
    line.meanwhile = { path: '/v1/sync/policy', work: change };
    const sync = start();
    for (let i = 0; i < 5; i++) await sync.now();
    const code = 'server-inconsistent';
    expect(await sync.status()).toMatchObject({
      state: 'waiting',
      error: code,
      nextTry: expect.any(String) as string,
    });
    expect(warned.slice(0, 2)).toMatchObject([
      { code, failures: 1 },
      { code, failures: 2 },
    ]);
    line.meanwhile = null;
    await sync.now();
    expect(await sync.status()).toMatchObject({ state: 'idle', error: null });
    await sync.close();
  });

  it('is no success either: the next server is asked at once', async () => {
    // After a success it would rest for longer than this test may take.
    await pair({ pollSeconds: 86_400 });
    line.meanwhile = { path: '/v1/sync/report', work: pair };
    const sync = start();
    const reports = async () => (await devices.list(ACCOUNT)).filter(({ report }) => report !== null);
    await expect.poll(reports).toHaveLength(2);
    await sync.close();
  });
});

it('tells a server that it left no events, of before it joined least of all', async () => {
  await forgetMembership(store);
  await store.events.add(eventOf('decision', { doorId: 'front', direction: 'in' }));
  await pair();
  line.meanwhile = { path: '/v1/sync/report', work: () => forgetMembership(store) };
  await expect(run()).rejects.toMatchObject({ code: 'sync-not-joined' });
  expect(await world.server.store.deviceEvents.list(ACCOUNT, DeviceEventQuery.parse({}))).toEqual([]);
});

it('drops no pictures once it left: who waited to be sent is not known any more', async () => {
  const replica = new Replica(store);
  expect(await replica.dropAcknowledgedImages()).toBe(0);
  await forgetMembership(store);
  await expect(replica.dropAcknowledgedImages()).rejects.toMatchObject({ code: 'sync-not-joined' });
});
