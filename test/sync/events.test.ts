import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DeviceEventQuery, type DeviceEvent, type DevicePolicy } from '#contract';
import { Accounts } from '#core/accounts';
import { Devices } from '#core/devices';
import { LOCAL_ACCOUNT, type NewSiteEvent, type SqlStore } from '#core/store';
import { DeviceEvents, Hub } from '#core/sync';
import { eventOf } from '../../main/doors/index.ts';
import { forgetMembership, type Fetch } from '../../main/sync/index.ts';
import { EARLIEST } from '../../core/upkeep/clock.ts';
import { changePolicy, exchangeAs, feedMembership, joinAs } from './member.ts';
import { ACCOUNT, newFaceId, newReference, World } from './world.ts';

/** What happens at an appliance, as its server hears of it. */

let world: World;
let devices: Devices;
let store: SqlStore;
/** What becomes of the next message of events. */
let fault: 'lose-request' | 'lose-answer' | null;

beforeEach(async () => {
  world = await World.create(1);
  devices = new Devices(world.server.store);
  store = world.devices[0]!.store;
  fault = null;
  await join();
});
afterEach(() => world.close());

const send: Fetch = async (url, init) => {
  const present = url.pathname === '/v1/sync/events' ? fault : null;
  if (present !== null) fault = null;
  if (present === 'lose-request') throw new Error('lost');
  const answer = await world.deliver(url, init);
  if (present === 'lose-answer') throw new Error('lost');
  return answer;
};

const join = () => joinAs(store, send, devices);

const run = () => exchangeAs(store, send);

async function setPolicy(changed: Partial<DevicePolicy>): Promise<void> {
  await changePolicy(store, devices, changed);
  await run();
}

const happens = (changed: Partial<NewSiteEvent> = {}) =>
  store.events.add({ ...eventOf('decision', { doorId: 'front', direction: 'in' }), ...changed });

const listed = (query: object = {}, account = ACCOUNT): Promise<DeviceEvent[]> =>
  world.server.store.deviceEvents.list(account, DeviceEventQuery.parse(query));
const kinds = async (): Promise<string[]> => (await listed()).map(({ kind }) => kind).toReversed();

async function enrol(collectionId = 'staff'): Promise<string> {
  const faceId = newFaceId();
  await store.createCollection(LOCAL_ACCOUNT, collectionId);
  await store.addFace(LOCAL_ACCOUNT, collectionId, {
    faceId,
    references: [newReference()],
    externalKey: 'E-7',
    metadata: { name: 'Robin' },
  });
  return faceId;
}

it('is told what happened since it was joined, once, whatever is lost on the way', async () => {
  await happens({ outcome: 'granted' });
  fault = 'lose-request';
  await expect(run()).rejects.toMatchObject({ code: 'server-unreachable' });
  expect(await kinds()).toEqual([]);
  fault = 'lose-answer';
  await expect(run()).rejects.toMatchObject({ code: 'server-unreachable' });
  await happens({ kind: 'door-forced' });
  // As after a kill: another exchange knows what the store knows.
  await run();
  await run();
  expect(await kinds()).toEqual(['decision', 'door-forced']);
  expect((await listed())[1]).toMatchObject({
    outcome: 'granted',
    door_id: 'front',
    direction: 'in',
    device_id: (await feedMembership(store)).deviceId,
    person: null,
  });
});

it('is told nothing of what happened before the appliance joined', async () => {
  await forgetMembership(store);
  await happens();
  await join();
  await happens({ kind: 'tamper' });
  await run();
  expect(await kinds()).toEqual(['tamper']);
});

it('is told nothing of what another server has yet to get, which the appliance did not leave before', async () => {
  await happens();
  await join();
  await happens({ kind: 'tamper' });
  await run();
  expect(await kinds()).toEqual(['tamper']);
});

it('tells events in batches that hold several messages', async () => {
  for (let i = 0; i < 300; i++) await happens({ detail: String(i) });
  await run();
  expect(await listed({ limit: 1000 })).toHaveLength(300);
});

it('names nobody unless the policy says so, and tells no measures, texts and visitors ever', async () => {
  const faceId = await enrol();
  const secret = 'something that stays';
  const event = {
    faceId,
    detail: secret,
    scores: { secret },
    visitId: secret,
    visitorId: `guest_${'0'.repeat(32)}`,
  };
  const bodies: string[] = [];
  const heard: Fetch = async (url, init) => {
    if (url.pathname === '/v1/sync/events')
      bodies.push(Buffer.from(init.body as Uint8Array).toString('latin1'));
    return await send(url, init);
  };
  await happens(event);
  await exchangeAs(store, heard);
  expect((await listed())[0]!.person).toBeNull();
  expect(bodies.join()).not.toContain(faceId);
  await setPolicy({ events: 'with-people' });
  await happens(event);
  await exchangeAs(store, heard);
  expect((await listed())[0]!.person).toEqual({
    face_id: faceId,
    collection_id: 'staff',
    external_id: 'E-7',
    name: 'Robin',
  });
  expect(bodies.join()).toContain(faceId);
  expect(bodies.join()).not.toMatch(/something that stays|guest_|Robin/);
});

it('forgets who it was with the person, wherever they are erased', async () => {
  await setPolicy({ events: 'with-people' });
  const faceId = await enrol();
  await happens({ faceId });
  // In one exchange: the face is known before the event is told.
  await run();
  expect(await listed({ face_id: faceId })).toHaveLength(1);
  expect(await listed({ external_id: 'E-7' })).toHaveLength(1);
  await store.erase(LOCAL_ACCOUNT, { faceId });
  await run();
  expect(await listed({ face_id: faceId })).toEqual([]);
  expect((await listed()).map(({ person }) => person)).toEqual([null]);
  // An event that arrives late names nobody either.
  await happens({ faceId });
  await run();
  expect((await listed()).map(({ person }) => person)).toEqual([null, null]);
});

it('names nobody outside of the scope of the device', async () => {
  await setPolicy({ events: 'with-people' });
  const faceId = newFaceId();
  await world.server.store.createCollection(ACCOUNT, 'vault');
  await world.server.store.addFace(ACCOUNT, 'vault', { faceId, references: [newReference()] });
  await setPolicy({ collections: ['staff'] });
  await happens({ faceId });
  await run();
  expect((await listed()).map(({ person }) => person)).toEqual([null]);
});

it('is told nothing while the policy says none, also later', async () => {
  await setPolicy({ events: 'none' });
  await happens();
  await setPolicy({ events: 'without-people' });
  await happens({ kind: 'tamper' });
  await run();
  expect(await kinds()).toEqual(['tamper']);
});

it('gets events again that it lost with its data, and none from before', async () => {
  await setPolicy({ events: 'none' });
  await happens();
  await setPolicy({ events: 'without-people' });
  await happens({ kind: 'tamper' });
  await run();
  const sql = world.server.store.parts.sql;
  await sql.write((tx) => tx.run('DELETE FROM device_events', []));
  await new Hub(world.server.store).renewFeed();
  await run();
  await run();
  expect(await kinds()).toEqual(['tamper']);
});

it('shows an account its own events alone', async () => {
  await happens();
  await run();
  expect(await listed({}, 'acct_other')).toEqual([]);
});

it('lists by device, kind, outcome and time, in pages', async () => {
  const at = (hour: number) => `2026-11-29T0${hour}:00:00.000Z`;
  await happens({ outcome: 'granted', at: at(1) });
  await happens({ outcome: 'denied', at: at(2) });
  await happens({ kind: 'tamper', at: at(3) });
  await run();
  const found = async (query: object) => (await listed(query)).map((event) => event.at.slice(11, 13));
  expect(await found({ kind: 'decision' })).toEqual(['02', '01']);
  expect(await found({ outcome: 'denied' })).toEqual(['02']);
  expect(await found({ from: '2026-11-29T03:00:00+01:00', until: at(3) })).toEqual(['02']);
  expect(await found({ device_id: `dev_${'0'.repeat(32)}` })).toEqual([]);
  const [newest] = await listed({ limit: 1 });
  expect(await found({ before: newest!.number })).toEqual(['02', '01']);
});

it('keeps events that make sense beside others, of kinds that it does not know yet, and none of a silent device', async () => {
  const events = new DeviceEvents(world.server.store);
  const { deviceId } = await feedMembership(store);
  const device = (await world.server.store.devices.find(deviceId))!;
  const event = { ...(await happens()), kind: 'a-later-kind', eventId: `evt_${'1'.repeat(32)}` };
  const nonsense = [null, 7, {}, { ...event, kind: 'No kind' }, { ...event, reasons: Array(17).fill('a') }];
  expect(await events.take(device, { events: [...nonsense, event] })).toEqual({ refused: 5 });
  expect(await kinds()).toEqual(['a-later-kind']);
  const silent = { ...device, policy: { ...device.policy, events: 'none' as const } };
  await events.take(silent, { events: [{ ...event, eventId: `evt_${'2'.repeat(32)}` }] });
  expect(await kinds()).toEqual(['a-later-kind']);
});

it('keeps no more than so many of one device, and none for longer than the account says', async () => {
  const server = world.server.store;
  const { accountId } = await new Accounts(server).create('Events');
  const device = { account: accountId, deviceId: (await feedMembership(store)).deviceId };
  const { deviceEvents, sql } = server.parts;
  const days = (ago: number) => new Date(Date.UTC(2026, 10, 29) - ago * 86_400_000);
  const add = async (ago: number) => {
    const event = { ...(await happens()), faceId: null };
    await sql.write((tx) => deviceEvents.add(tx, device, event, null, days(ago)));
  };
  for (const ago of [40, 31, 29, 3]) await add(ago);
  const ages = async () =>
    (await listed({}, accountId)).map(
      ({ received_at }) => (days(0).getTime() - Date.parse(received_at)) / 86_400_000,
    );
  expect(await server.deviceEvents.prune({ earliest: EARLIEST, now: days(0) })).toBe(2);
  expect(await ages()).toEqual([3, 29]);
  await server.deviceEvents.keepFor(accountId, 7);
  expect(await server.deviceEvents.prune({ earliest: EARLIEST, now: days(0) })).toBe(1);
  for (const ago of [2, 1]) await add(ago);
  await sql.write((tx) => deviceEvents.bound(tx, device.deviceId, 2));
  expect(await ages()).toEqual([1, 2]);
  await expect(server.deviceEvents.keepFor('acct_none', 7)).rejects.toMatchObject({
    code: 'account-not-found',
  });
});

it('removes what is old of all accounts at once, of each as long as it says', async () => {
  const server = world.server.store;
  const { deviceEvents, sql } = server.parts;
  const { deviceId } = await feedMembership(store);
  const now = new Date();
  const accounts = [];
  for (const days of [7, 30, 30]) {
    const { accountId: account } = await new Accounts(server).create(`Keeps ${accounts.length}`);
    await server.deviceEvents.keepFor(account, days);
    for (const ago of [40, 10]) {
      const event = { ...(await happens()), faceId: null };
      const at = new Date(now.getTime() - ago * 86_400_000);
      await sql.write((tx) => deviceEvents.add(tx, { account, deviceId }, event, null, at));
    }
    accounts.push(account);
  }
  const write = vi.spyOn(sql, 'write');
  expect(await server.deviceEvents.prune({ earliest: EARLIEST, now })).toBe(4);
  expect(write).toHaveBeenCalledOnce();
  write.mockRestore();
  const counts = await Promise.all(accounts.map(async (account) => (await listed({}, account)).length));
  expect(counts).toEqual([0, 1, 1]);
});
