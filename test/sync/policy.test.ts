import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AccessPolicy,
  decodeMessage,
  DEFAULT_POLICY,
  encodeMessage,
  MAX_POLICY_LENGTH,
  SignedPolicy,
  SYNC_MEDIA_TYPE,
  type DevicePolicy,
} from '#contract';
import { Devices } from '#core/devices';
import { LOCAL_ACCOUNT, type SqlStore } from '#core/store';
import { Hub, Replica } from '#core/sync';
import { accessInForce, requireOwnAccess } from '../../main/doors/index.ts';
import {
  describeSync,
  forgetMembership,
  leastAssurance,
  mayEnrol,
  type Fetch,
} from '../../main/sync/index.ts';
import { auditOf } from '../../core/store/testing/store-per-test.ts';
import { changePolicy, exchangeAs, feedMembership, joinAs, Line } from './member.ts';
import { ACCOUNT, facesOf, MODEL, newFaceId, newReference, World } from './world.ts';

/** An appliance's scope, as its server changes the policy. */

let world: World;
let devices: Devices;
let store: SqlStore;
let line: Line;

beforeEach(async () => {
  world = await World.create(1);
  devices = new Devices(world.server.store);
  store = world.devices[0]!.store;
  line = new Line((url, init) => world.deliver(url, init));
  await joinAs(store, send, devices);
});
afterEach(() => world.close());

const send: Fetch = (url, init) => line.send(url, init);

const membership = () => feedMembership(store);
const run = () => exchangeAs(store, send);

async function enrol(
  at: SqlStore,
  account: string,
  collectionId: string,
  externalKey?: string,
): Promise<void> {
  await at.createCollection(account, collectionId).catch(() => undefined);
  const references = [newReference()];
  await at.addFace(account, collectionId, {
    faceId: newFaceId(),
    references,
    ...(externalKey && { externalKey }),
  });
}

async function imagesAtServer(faceId: string): Promise<(Uint8Array | null)[]> {
  const { references } = await world.server.store.personalData(ACCOUNT, 'staff', faceId);
  return references.map(({ image }) => image && Uint8Array.from(image));
}

const setPolicy = (changed: Partial<DevicePolicy>) => changePolicy(store, devices, changed);

const collectionsHere = async (): Promise<string[]> => [...(await facesOf(store)).values()].toSorted();

it('sends the pictures it kept to itself once it is to send pictures', async () => {
  await setPolicy({ sendImages: false });
  await run();
  await store.createCollection(LOCAL_ACCOUNT, 'staff');
  const image = Uint8Array.of(1, 2, 3);
  const face = { faceId: newFaceId(), references: [{ ...newReference(), image }] };
  await store.addFace(LOCAL_ACCOUNT, 'staff', face);
  await run();
  expect(await imagesAtServer(face.faceId)).toEqual([null]);
  await setPolicy({ sendImages: true });
  await run();
  await run();
  expect(await imagesAtServer(face.faceId)).toEqual([image]);
  expect(await new Replica(store).countPending()).toBe(0);
});

it('parks a forbidden change of a face once, however often it is repeated', async () => {
  await enrol(store, LOCAL_ACCOUNT, 'staff');
  await run();
  expect(await mayEnrol(store)).toBe(true);
  await setPolicy({ mayEnrol: false });
  await run();
  expect(await mayEnrol(store)).toBe(false);
  const [faceId = ''] = (await facesOf(store)).keys();
  const replica = new Replica(store);
  for (let i = 0; i < 3; i++) {
    await store.addReferences(LOCAL_ACCOUNT, 'staff', faceId, [newReference()]);
    await store.setMetadata(LOCAL_ACCOUNT, 'staff', faceId, { name: `Robin ${i}` });
    await run();
  }
  expect((await replica.parked()).map(({ kind, code }) => [kind, code])).toEqual([
    ['references-added', 'not-permitted'],
    ['metadata-set', 'not-permitted'],
  ]);
});

it('stops asking for a face that left its scope', async () => {
  await enrol(world.server.store, ACCOUNT, 'staff', 'k');
  await enrol(store, LOCAL_ACCOUNT, 'staff', 'k');
  await run();
  const [conflict] = await new Replica(store).conflicts();
  await setPolicy({ collections: ['guests'] });
  await store.deleteFace(LOCAL_ACCOUNT, 'staff', conflict!.firstFaceId);
  expect(await new Replica(store).wanted(10)).toEqual([conflict!.secondFaceId]);
  await run();
  expect(await new Replica(store).wanted(10)).toEqual([]);
});

it('keeps a face to itself that it enrols outside its scope: the server refuses such faces', async () => {
  await setPolicy({ collections: ['staff'] });
  await run();
  await enrol(store, LOCAL_ACCOUNT, 'guests');
  await run();
  expect(await collectionsHere()).toEqual(['guests']);
  expect((await new Replica(store).parked()).map(({ code }) => code)).toContain('not-permitted');
  expect((await facesOf(world.server.store, ACCOUNT)).size).toBe(0);
  expect(await store.tombstones()).toEqual([]);
});

it('keeps a face outside its scope that the server does not have, since the appliance left meanwhile', async () => {
  await setPolicy({ collections: ['staff'] });
  await run();
  line.meanwhile = {
    path: '/v1/sync/pull',
    work: async () => {
      await enrol(store, LOCAL_ACCOUNT, 'guests');
      await forgetMembership(store);
    },
  };
  await expect(run()).rejects.toMatchObject({ code: 'sync-not-joined' });
  expect(await collectionsHere()).toEqual(['guests']);
});

it('says that it has to be paired again where the server does not know it', async () => {
  const { deviceKey } = await membership();
  const forgotten: Fetch = (url, init) => {
    const headers = { ...(init.headers as Record<string, string>) };
    if (headers['authorization']) headers['authorization'] = `Device ${deviceKey.slice(0, -1)}`;
    return send(url, { ...init, headers });
  };
  await expect(exchangeAs(store, forgotten)).rejects.toMatchObject({ code: 'device-unknown' });
});

it('asks visitors for no less than its policy says, once it has heard of it', async () => {
  expect(await leastAssurance(store)).toBe('presence');
  const { deviceId } = await membership();
  await devices.setPolicy(ACCOUNT, deviceId, { ...DEFAULT_POLICY, leastAssurance: 'steps' });
  await run();
  expect(await leastAssurance(store)).toBe('steps');
  await forgetMembership(store);
  expect(await leastAssurance(store)).toBe('presence');
});

it('records in its audit log what it joined, follows and left', async () => {
  await setPolicy({ collections: ['staff'] });
  await run();
  await forgetMembership(store);
  const kinds = (await auditOf(store)).map(([, { kind }]) => kind);
  const own = kinds.filter((kind) => /^(server|policy)-/.test(kind));
  expect(own.slice(-3)).toEqual(['server-joined', 'policy-followed', 'server-left']);
});

it('evicts also faces that it enrolled itself when they leave its scope, and gets them back', async () => {
  await enrol(store, LOCAL_ACCOUNT, 'staff');
  await enrol(store, LOCAL_ACCOUNT, 'guests');
  await run();
  await setPolicy({ collections: ['staff'] });
  await run();
  await run();
  expect(await collectionsHere()).toEqual(['staff']);
  expect((await facesOf(world.server.store, ACCOUNT)).size).toBe(2);
  await setPolicy({ collections: null });
  await run();
  await run();
  expect(await collectionsHere()).toEqual(['guests', 'staff']);
});

it('takes no face for deleted that the server no longer lists', async () => {
  await enrol(world.server.store, ACCOUNT, 'staff');
  await enrol(world.server.store, ACCOUNT, 'guests');
  await run();
  // It comes back after a long time, and hears of its new policy only at the end.
  await new Replica(store).compareAll();
  await setPolicy({ collections: ['staff'] });
  await run();
  await run();
  expect(await collectionsHere()).toEqual(['staff']);
  expect(await store.tombstones()).toEqual([]);
  await setPolicy({ collections: null });
  await run();
  await run();
  expect(await collectionsHere()).toEqual(['guests', 'staff']);
});

it('misses no face where its policy changed and changed back before it pulled', async () => {
  await run();
  await setPolicy({ collections: [] });
  await enrol(world.server.store, ACCOUNT, 'staff');
  const away: Fetch = async (url, init) => {
    if (url.pathname === '/v1/sync/report') throw new TypeError('fetch failed');
    return await send(url, init);
  };
  await expect(exchangeAs(store, away)).rejects.toMatchObject({ code: 'server-unreachable' });
  await setPolicy({ collections: null });
  await run();
  expect(await collectionsHere()).toEqual(['staff']);
});

it('follows a newer policy that another process took over while it waited for an answer', async () => {
  await enrol(world.server.store, ACCOUNT, 'staff');
  await enrol(world.server.store, ACCOUNT, 'guests');
  await setPolicy({ collections: ['staff'] });
  await run();
  await run();
  const other = async () => {
    await setPolicy({ collections: null });
    await run();
    await run();
  };
  line.meanwhile = { path: '/v1/sync/pull', work: other };
  await run();
  expect(await collectionsHere()).toEqual(['guests', 'staff']);
});

describe('access rules', () => {
  const rules = (group: string): AccessPolicy =>
    AccessPolicy.parse({ timeZone: 'UTC', rules: [{ groups: [group] }] });
  const inForce = () => accessInForce(store);

  it('of the server count in place of the own, and the own count again after it takes them back', async () => {
    await store.door.setPolicy(rules('own'));
    await requireOwnAccess(store);
    await setPolicy({ access: rules('server') });
    expect(await inForce()).toEqual({ policy: rules('own'), source: 'own' });
    await run();
    expect(await inForce()).toEqual({ policy: rules('server'), source: 'server' });
    await expect(requireOwnAccess(store)).rejects.toMatchObject({ code: 'access-of-server' });
    const followed = (await auditOf(store)).filter(([, { kind }]) => kind === 'policy-followed');
    expect(followed.at(-1)![1]).toMatchObject({ access: 'server' });
    await setPolicy({ access: null });
    await run();
    expect(await inForce()).toEqual({ policy: rules('own'), source: 'own' });
  });

  it('that the server did not sign change nothing', async () => {
    await setPolicy({ access: rules('server') });
    await run();
    const forged: Fetch = async (url, init) => {
      const answer = await send(url, init);
      if (url.pathname !== '/v1/sync/policy') return answer;
      const signed = SignedPolicy.parse(decodeMessage(new Uint8Array(await answer.arrayBuffer())));
      const policy = { ...(JSON.parse(signed.policy) as object), version: 9_999_999_999, access: null };
      const body = encodeMessage({ ...signed, policy: JSON.stringify(policy) });
      return new Response(Uint8Array.from(body), { headers: { 'content-type': SYNC_MEDIA_TYPE } });
    };
    await expect(exchangeAs(store, forged)).rejects.toMatchObject({ code: 'server-unreachable' });
    expect(await inForce()).toEqual({ policy: rules('server'), source: 'server' });
  });

  it('that this version cannot read let nobody pass', async () => {
    await setPolicy({ access: { rules: [{ fromTheFuture: true }] } });
    await run();
    await expect(inForce()).rejects.toMatchObject({ code: 'access-unreadable' });
    const status = await describeSync(store, { state: 'idle', progress: null });
    expect(status.server).toMatchObject({ access: 'unreadable', events: 'without-people' });
  });

  it('that no appliance would read are not set', async () => {
    const long = { timeZone: 'UTC', rules: [{ note: 'x'.repeat(MAX_POLICY_LENGTH) }] };
    await expect(setPolicy({ access: long })).rejects.toMatchObject({ code: 'usage' });
    await expect(devices.invite(ACCOUNT, { policy: { access: long } })).rejects.toMatchObject({
      code: 'usage',
    });
  });
});

it('does not go back to an older policy than another process took over meanwhile', async () => {
  await setPolicy({ pollSeconds: 60 });
  const other = async () => {
    await setPolicy({ pollSeconds: 90 });
    await run();
  };
  line.meanwhile = { path: '/v1/sync/report', work: other };
  await run();
  expect((await membership()).policy.pollSeconds).toBe(90);
});

it('receives no conflicts of other collections', async () => {
  await setPolicy({ collections: ['staff'] });
  await run();
  await enrol(world.server.store, ACCOUNT, 'guests', 'k');
  const faces = [...(await facesOf(world.server.store, ACCOUNT)).keys()];
  const other = newFaceId();
  await world.server.store.addFace(ACCOUNT, 'guests', { faceId: other, references: [newReference()] });
  const hub = new Hub(world.server.store);
  const entry = { collectionId: 'guests', faceId: other };
  await hub.deduped(ACCOUNT, entry, [{ faceId: faces[0]!, confidence: 99 }]);
  const query = { replicaId: 'rep', cursor: 0, limit: 64, bytes: 1e6, modelId: MODEL, wanted: [] };
  const options = {
    secret: new Uint8Array(32),
    modelId: MODEL,
    deviceId: '',
    rights: { ...DEFAULT_POLICY, collections: ['staff'] },
  };
  const answer = await new Hub(world.server.store).pull(ACCOUNT, query, options);
  expect(answer).toMatchObject({ faces: [], conflicts: [] });
});
