import { cp, rm } from 'node:fs/promises';
import { join as path } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Changes, DEFAULT_POLICY, Problem, Pushed, SYNC_MEDIA_TYPE } from '#contract';
import { verifySignature } from '#core/audit';
import { Devices } from '#core/devices';
import { LOCAL_ACCOUNT } from '#core/store';
import { Hub } from '#core/sync';
import { pairWith, sendTo, type Manner } from './rogue-device.ts';
import { ACCOUNT, MODEL, newFaceId, newReference, World } from './world.ts';

let world: World;
let devices: Devices;

beforeEach(async () => {
  world = await World.create(1);
  devices = new Devices(world.server.store);
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

const join = (code: string) => pairWith(world, code);

const send = (
  name: string,
  body: unknown,
  { deviceKey, ...manner }: Manner & { readonly deviceKey: string },
) => sendTo(world, deviceKey, name, body, manner);

const replica = (digit: string): string => `rep_${digit.repeat(32)}`;
const push = (replicaId: string, operations: unknown[] = []) => ({ replicaId, operations });
const pull = { replicaId: replica('1'), cursor: 0, limit: 100, bytes: 100_000, modelId: MODEL, wanted: [] };

describe('a pairing code', () => {
  it('lets one device join, however it is typed', async () => {
    const { code } = await devices.invite(ACCOUNT, { name: 'Back door' });
    const { deviceId } = await join(` ${code.toLowerCase()} `);
    expect(await devices.list(ACCOUNT)).toContainEqual(
      expect.objectContaining({ deviceId, name: 'Back door', revokedAt: null }),
    );
    await expect(join(code)).rejects.toMatchObject({ code: 'pairing-code-invalid' });
  });

  it('ends after a quarter of an hour', async () => {
    const { code } = await devices.invite(ACCOUNT);
    vi.useFakeTimers({ now: Date.now() + 15 * 60_000 + 1, toFake: ['Date'] });
    await expect(join(code)).rejects.toMatchObject({ code: 'pairing-code-invalid' });
  });

  it.each([
    ['a wall clock that was set back by years', 16 * 60],
    ['a machine that was restarted', -1000],
  ])('ends in spite of %s', async (_what, seconds) => {
    let uptime = 5000;
    devices = new Devices(world.server.store, () => uptime);
    const { code } = await devices.invite(ACCOUNT);
    vi.useFakeTimers({ now: Date.now() - 3 * 365 * 86_400_000, toFake: ['Date'] });
    uptime += seconds;
    const publicKey = await world.server.store.audit.publicKey();
    await expect(devices.pair({ code, name: 'door', publicKey })).rejects.toMatchObject({
      code: 'pairing-code-invalid',
    });
  });

  it('is read as JSON of a few hundred bytes, and as nothing else', async () => {
    const post = async (type: string, body: Uint8Array<ArrayBuffer>): Promise<string> => {
      const init = { method: 'POST', headers: { 'content-type': type }, body };
      const answer = await world.deliver(new URL('http://server/v1/sync/pair'), init);
      return Problem.parse(await answer.json()).code;
    };
    const bomb = new Uint8Array(Buffer.from('dd01ffffff'.repeat(20), 'hex'));
    expect(await post(SYNC_MEDIA_TYPE, bomb)).toBe('content-type-unsupported');
    const long = new Uint8Array(Buffer.from(JSON.stringify({ code: 'x'.repeat(5000) })));
    expect(await post('application/json', long)).toBe('body-too-large');
  });

  it('brings a policy that the server signed', async () => {
    const { code } = await devices.invite(ACCOUNT, { policy: { collections: ['staff'] } });
    const { policy, serverKey } = await join(code);
    expect(verifySignature(serverKey, 'device-policy', policy.policy, policy.signature)).toBe(true);
    const forged = policy.policy.replace('staff', 'stuff');
    expect(verifySignature(serverKey, 'device-policy', forged, policy.signature)).toBe(false);
  });
});

describe('a device', () => {
  let deviceKey: string;
  let deviceId: string;
  beforeEach(async () => {
    ({ deviceKey, deviceId } = await join((await devices.invite(ACCOUNT)).code));
  });

  it('is known by its key alone', async () => {
    const forged = `${deviceId}.${'x'.repeat(43)}`;
    expect(await send('pull', pull, { deviceKey: forged })).toBe('unauthenticated');
    expect(await send('pull', pull, { deviceKey: 'nobody' })).toBe('unauthenticated');
    expect(Changes.parse(await send('pull', pull, { deviceKey })).faces).toEqual([]);
  });

  it('takes no policy for an older one after the server was set back', async () => {
    const policy = { ...DEFAULT_POLICY, collections: ['staff'] };
    const versions = [
      await devices.setPolicy(ACCOUNT, deviceId, policy),
      await devices.setPolicy(ACCOUNT, deviceId, policy),
    ].map(({ version }) => version);
    const backup = path(world.folder, 'before');
    await world.restartServer(() => cp(world.server.dir, backup, { recursive: true }));
    devices = new Devices(world.server.store);
    for (let i = 0; i < 5; i++) versions.push((await devices.setPolicy(ACCOUNT, deviceId, policy)).version);
    await world.restartServer(async () => {
      await rm(world.server.dir, { recursive: true });
      await cp(backup, world.server.dir, { recursive: true });
    });
    devices = new Devices(world.server.store);
    vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ['Date'] });
    versions.push((await devices.setPolicy(ACCOUNT, deviceId, policy)).version);
    expect(versions).toEqual([...new Set(versions)].toSorted((one, other) => one - other));
  });

  it('is refused once it is revoked', async () => {
    await devices.revoke(ACCOUNT, deviceId);
    expect(await send('push', push(replica('1')), { deviceKey })).toBe('device-revoked');
    expect(await send('pull', pull, { deviceKey })).toBe('device-revoked');
  });

  it('of another account sees nothing of this one, and changes nothing in it', async () => {
    const [member] = world.devices;
    await member!.store.createCollection(LOCAL_ACCOUNT, 'staff', null);
    const faceId = newFaceId();
    await member!.store.addFace(LOCAL_ACCOUNT, 'staff', { faceId, references: [newReference()] });
    await member!.sync();
    expect(await new Hub(world.server.store).dedupeQueue(ACCOUNT, 10)).toMatchObject([
      { collectionId: 'staff', faceId },
    ]);
    const stranger = await join((await devices.invite('acct_other')).code);
    const own = { deviceKey: stranger.deviceKey };
    expect(Changes.parse(await send('pull', { ...pull, wanted: [faceId] }, own))).toMatchObject({
      collections: [],
      faces: [],
    });
    const deletion = {
      number: 1,
      kind: 'faces-deleted',
      body: { collectionId: 'staff', faceIds: [faceId] },
    };
    await send('push', push(replica('2'), [deletion]), own);
    expect(await world.server.store.getFace(ACCOUNT, 'staff', faceId)).toMatchObject({ faceId });
    await expect(devices.revoke('acct_other', deviceId)).rejects.toMatchObject({ code: 'device-not-found' });
  });

  it('does not speak as the replica of another', async () => {
    const other = await join((await devices.invite(ACCOUNT)).code);
    await send('push', push(replica('3')), { deviceKey });
    expect(await send('push', push(replica('3')), { deviceKey: other.deviceKey })).toBe('forbidden');
  });

  it('of another protocol is refused by that code', async () => {
    expect(await send('pull', pull, { deviceKey, protocol: '99' })).toBe('sync-protocol');
  });

  it('that makes no sense is refused, and nothing is applied', async () => {
    const raw = Uint8Array.of(0xc1, 0xff);
    expect(await send('push', null, { deviceKey, raw })).toBe('message-malformed');
    expect(await send('push', { replicaId: 'me', operations: [] }, { deviceKey })).toBe('usage');
    expect(await send('pull', { ...pull, limit: 1e9 }, { deviceKey })).toBe('usage');
  });

  it('gets those of the wanted faces that fit, and the ids to ask for again', async () => {
    const { store } = world.server;
    await store.createCollection(ACCOUNT, 'staff');
    const wanted = [newFaceId(), newFaceId(), newFaceId()];
    for (const faceId of wanted) {
      await store.addFace(ACCOUNT, 'staff', { faceId, references: [newReference()] });
    }
    const cursor = Changes.parse(await send('pull', pull, { deviceKey })).cursor;
    const asked = { ...pull, cursor, wanted, bytes: 1 };
    const { faces, left } = Changes.parse(await send('pull', asked, { deviceKey }));
    expect([...faces.map(({ faceId }) => faceId), ...left!]).toEqual(wanted);
    expect(faces).toHaveLength(1);
  });

  it('has what makes no sense among its operations refused, and the rest applied', async () => {
    const operations = [
      { number: 1, kind: 'collection-created', body: { collectionId: 'a b', description: null } },
      { number: 2, kind: 'dance', body: {} },
      { number: 3, kind: 'collection-created', body: { collectionId: 'c', description: null } },
    ];
    const answer = Pushed.parse(await send('push', push(replica('4'), operations), { deviceKey }));
    expect(answer).toMatchObject({
      applied: 3,
      refused: [
        { number: 1, code: 'usage' },
        { number: 2, code: 'operation-unknown' },
      ],
    });
    expect(await world.server.store.listCollections(ACCOUNT)).toMatchObject([{ collectionId: 'c' }]);
  });

  it('starts again where one is missing between', async () => {
    const create = (number: number) => ({
      number,
      kind: 'collection-created',
      body: { collectionId: `c${number}`, description: null },
    });
    const first = await send('push', push(replica('5'), [create(1), create(3)]), { deviceKey });
    expect(Pushed.parse(first).applied).toBe(1);
    expect(await world.server.store.listCollections(ACCOUNT)).toHaveLength(1);
  });

  it('is answered also where what is missing stands before something that makes no sense', async () => {
    const operations = [{ number: 2, kind: 'face-added', body: { face: 'nobody' } }];
    const answer = Pushed.parse(await send('push', push(replica('6'), operations), { deviceKey }));
    expect(answer).toMatchObject({ applied: 0, refused: [] });
  });
});
