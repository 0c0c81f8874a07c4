import { decode, encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LintelError, SignedPolicy } from '#contract';
import { Devices } from '#core/devices';
import { LOCAL_ACCOUNT, type SqlStore } from '#core/store';
import { isRevoked, type Fetch } from '../../main/sync/index.ts';
import { toProblem } from '../../server/http/errors/index.ts';
import { changePolicy, exchangeAs, feedMembership, joinAs } from './member.ts';
import { ACCOUNT, newFaceId, newReference, World } from './world.ts';

let world: World;
let devices: Devices;
let store: SqlStore;
/** What the network makes of answers. */
let tamper: (path: string, answer: Response) => Promise<Response> | Response;

beforeEach(async () => {
  world = await World.create(1);
  devices = new Devices(world.server.store);
  store = world.devices[0]!.store;
  tamper = (_path, answer) => answer;
  await joinAs(store, send, devices, { sealOnRevocation: true });
  await store.createCollection(LOCAL_ACCOUNT, 'staff');
  await enrol();
  await run();
});
afterEach(() => world.close());

const send: Fetch = async (url, init) => await tamper(url.pathname, await world.deliver(url, init));

const membership = () => feedMembership(store);
const run = () => exchangeAs(store, send);

async function enrol(): Promise<void> {
  await store.addFace(LOCAL_ACCOUNT, 'staff', { faceId: newFaceId(), references: [newReference()] });
}

const people = async (): Promise<number> => (await store.listFaces(LOCAL_ACCOUNT, 'staff')).total;

/** As an attacker on the way would answer. */
const refuseAll = (path: string, answer: Response): Response =>
  ['/v1/sync', '/v1/sync/policy'].includes(path)
    ? answer
    : Response.json(toProblem(new LintelError('device-revoked'), 'request'), { status: 403 });

describe('an appliance that is revoked', () => {
  it('removes the faces that the server has, and asks no more', async () => {
    await enrol();
    await devices.revoke(ACCOUNT, (await membership()).deviceId);
    await expect(run()).rejects.toMatchObject({ code: 'device-revoked' });
    expect(isRevoked(await membership())).toBe(true);
    // The second was not told to the server yet.
    expect(await people()).toBe(1);
  });

  it('does so by the policy of that moment, not by that of its last contact', async () => {
    await changePolicy(store, devices, { sealOnRevocation: false });
    await devices.revoke(ACCOUNT, (await membership()).deviceId);
    await expect(run()).rejects.toMatchObject({ code: 'device-revoked' });
    expect(isRevoked(await membership())).toBe(true);
    expect(await people()).toBe(1);
  });
});

describe('an appliance that is told by another machine that it is revoked', () => {
  it('keeps everybody while its server does not say so', async () => {
    tamper = refuseAll;
    await expect(run()).rejects.toMatchObject({ code: 'device-revoked' });
    expect(isRevoked(await membership())).toBe(false);
    expect(await people()).toBe(1);
  });

  it('does not believe what another key signed', async () => {
    const text = JSON.stringify({ ...(await issued()), revoked: true });
    const signature = await store.audit.sign('device-policy', text);
    answerWith({ policy: text, signature });
    await expect(run()).rejects.toMatchObject({ code: 'server-unreachable' });
    expect(isRevoked(await membership())).toBe(false);
    expect(await people()).toBe(1);
  });

  it('does not believe what its server signed for another appliance', async () => {
    const { policy } = await membership();
    const deviceId = `dev_${'1'.repeat(32)}`;
    const proof = await devices.sign({ deviceId, policy, revokedAt: new Date().toISOString() });
    answerWith(proof);
    await expect(run()).rejects.toMatchObject({ code: 'server-unreachable' });
    expect(isRevoked(await membership())).toBe(false);
    expect(await people()).toBe(1);
  });

  it('goes on when it is in touch with its server again', async () => {
    tamper = refuseAll;
    await expect(run()).rejects.toMatchObject({ code: 'device-revoked' });
    tamper = (_path, answer) => answer;
    await enrol();
    await run();
    expect(await people()).toBe(2);
  });
});

/** What the server says of this appliance at this moment. */
async function issued(): Promise<Record<string, unknown>> {
  let text = '';
  tamper = async (path, answer) => {
    if (path !== '/v1/sync/report') return answer;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    text = SignedPolicy.parse(decode(bytes)).policy;
    return new Response(bytes, answer);
  };
  await run();
  return JSON.parse(text) as Record<string, unknown>;
}

function answerWith(proof: SignedPolicy): void {
  tamper = (path, answer) =>
    path === '/v1/sync/policy' ? new Response(Uint8Array.from(encode(proof))) : refuseAll(path, answer);
}
