import { decode, encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Changes, DEFAULT_POLICY, Pushed } from '#contract';
import { Devices } from '#core/devices';
import { LOCAL_ACCOUNT, type SqlStore } from '#core/store';
import { Replica } from '#core/sync';
import { describeSync, joinServer, membershipOf, type Fetch } from '../../main/sync/index.ts';
import { auditOf } from '../../core/store/testing/store-per-test.ts';
import { changePolicy, exchangeAs, feedMembership } from './member.ts';
import { ACCOUNT, facesOf, newFaceId, newReference, World } from './world.ts';

/** What a server that is broken, hostile, or another one can do to an appliance that has joined it. */

const COLLECTION = 'staff';
const PEOPLE = 20;

let world: World;
let store: SqlStore;
/** What an attacker makes of the server's answers on their way. */
let tamper: { changes?: (changes: Changes) => Changes; pushed?: (pushed: Pushed) => Pushed };
/** Paths of the messages that were sent. */
let sent: string[];

beforeEach(async () => {
  world = await World.create(1);
  store = world.devices[0]!.store;
  [tamper, sent] = [{}, []];
  for (let i = 0; i < PEOPLE; i++) await world.enrolAtServer(COLLECTION);
  await run();
});
afterEach(() => world.close());

const send: Fetch = async (url, init) => {
  sent.push(url.pathname);
  const answer = await world.deliver(url, init);
  if (url.pathname === '/v1/sync/pull' && tamper.changes) {
    return response(tamper.changes(Changes.parse(decode(await bytesOf(answer)))));
  }
  if (url.pathname === '/v1/sync/push' && tamper.pushed) {
    return response(tamper.pushed(Pushed.parse(decode(await bytesOf(answer)))));
  }
  return answer;
};
const bytesOf = async (answer: Response): Promise<Uint8Array> => new Uint8Array(await answer.arrayBuffer());
const response = (body: object): Response => new Response(Uint8Array.from(encode(body)));

const run = (): Promise<void> => exchangeAs(store, send);
const count = async (): Promise<number> => (await facesOf(store)).size;
const held = async (): Promise<number> => (await new Replica(store).held()).count;
const everybody = async (): Promise<string[]> => [...(await facesOf(store)).keys()];

/** Deletes so many people at the server, and lets the appliance hear of it. */
async function takeDeletions(howMany: number): Promise<void> {
  for (const faceId of (await everybody()).slice(0, howMany)) {
    await world.server.store.deleteFace(ACCOUNT, COLLECTION, faceId);
  }
  await run();
}

describe('the removal of many people', () => {
  it('goes on by itself as long as they are few', async () => {
    await takeDeletions(10);
    expect(await count()).toBe(PEOPLE - 10);
    expect(await held()).toBe(0);
  });

  it('waits for an operator, and is not confirmed to the server until then', async () => {
    await takeDeletions(11);
    expect(await count()).toBe(PEOPLE);
    expect(await describeSync(store, { state: 'idle', progress: null })).toMatchObject({
      held: 11,
      queue: 0,
    });
    const devices = new Devices(world.server.store);
    expect((await devices.list(ACCOUNT))[0]).toMatchObject({
      unconfirmedDeletions: 11,
      report: { held: 11 },
    });

    expect(await new Replica(store).confirmRemovals('operator')).toBe(11);
    expect(await count()).toBe(PEOPLE - 11);
    expect(await auditOf(store)).toContainEqual(['operator', { kind: 'removals-confirmed', faces: 11 }]);
    await run();
    expect((await devices.list(ACCOUNT))[0]).toMatchObject({ unconfirmedDeletions: 0, report: { held: 0 } });
  });

  it('waits also when it comes in small portions', async () => {
    await takeDeletions(6);
    expect(await count()).toBe(PEOPLE - 6);
    await takeDeletions(6);
    expect(await count()).toBe(PEOPLE - 6);
    expect(await held()).toBe(6);
  });

  it('waits also when the clock is set back between the portions', async () => {
    await takeDeletions(6);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 2 * 86_400_000 });
    try {
      await takeDeletions(6);
    } finally {
      vi.useRealTimers();
    }
    expect([await count(), await held()]).toEqual([PEOPLE - 6, 6]);
  });

  it('waits for no operator when the server has signed that it need not', async () => {
    await changePolicy(store, new Devices(world.server.store), { confirmRemovals: true });
    await takeDeletions(PEOPLE);
    expect(await count()).toBe(0);
  });

  it('is over when the server names them again', async () => {
    const all = await everybody();
    tamper.changes = (changes) => ({ ...changes, goneFaces: all });
    await run();
    expect(await held()).toBe(PEOPLE);
    tamper = {};
    await new Replica(store).compareAll();
    await run();
    expect(await held()).toBe(0);
    expect(await count()).toBe(PEOPLE);
  });

  it.each([
    [
      'by a collection that is gone',
      (changes: Changes): Changes => ({
        ...changes,
        collections: [{ collectionId: COLLECTION, description: null, gone: true }],
        faces: [],
        own: [],
      }),
    ],
    ['by an answer for other collections', (changes: Changes): Changes => ({ ...changes, carried: [] })],
    [
      'by an answer that names no face when everything is compared',
      (changes: Changes): Changes => ({ ...changes, collections: [], faces: [], own: [], more: false }),
    ],
    [
      'by taking all their references',
      (changes: Changes): Changes => ({
        ...changes,
        faces: changes.faces.map((face) => ({ ...face, references: [] })),
      }),
    ],
  ])('waits also %s', async (_how, change) => {
    await new Replica(store).compareAll();
    tamper.changes = change;
    await run();
    expect(await count()).toBe(PEOPLE);
    expect(await held()).toBe(PEOPLE);
    for (const faceId of await everybody()) {
      expect(await store.getFace(LOCAL_ACCOUNT, COLLECTION, faceId)).toMatchObject({ referenceCount: 1 });
    }
  });

  it('of all references comes through once an operator agreed', async () => {
    const [faceId] = await everybody();
    const emptied = (changes: Changes): Changes => ({
      ...changes,
      faces: changes.faces.map((face) => (face.faceId === faceId ? { ...face, references: [] } : face)),
    });
    tamper.changes = emptied;
    await new Replica(store).compareAll();
    await run();
    // One is few: it goes by itself, when the server says so once more.
    expect(await held()).toBe(0);
    await run();
    expect(await store.getFace(LOCAL_ACCOUNT, COLLECTION, faceId!)).toMatchObject({ referenceCount: 0 });
  });
});

describe('an answer', () => {
  it('is taken only with a signature for this appliance', async () => {
    // By a key, and of a device, but not by that of its server.
    const { deviceId } = await feedMembership(store);
    const policy = JSON.stringify({ ...DEFAULT_POLICY, deviceId, revoked: false });
    const signature = await store.audit.sign('device-policy', policy);
    await enrolHere();
    sent = [];
    const forged: Fetch = async (url, init) =>
      url.pathname === '/v1/sync/policy' ? response({ policy, signature }) : await send(url, init);
    await expect(exchangeAs(store, forged)).rejects.toMatchObject({ code: 'server-unreachable' });
    expect(sent).toEqual(['/v1/sync']);
    expect(await count()).toBe(PEOPLE + 1);
    expect(await new Replica(store).countPending()).toBe(1);
  });

  const enrolHere = () =>
    store.addFace(LOCAL_ACCOUNT, COLLECTION, { faceId: newFaceId(), references: [newReference()] });

  it.each<[string, typeof tamper]>([
    ['never moves on', { changes: (changes) => ({ ...changes, cursor: 0, more: true }) }],
    ['goes back', { changes: (changes) => ({ ...changes, cursor: 1 }) }],
    ['says again and again that the appliance is behind', { changes: (each) => ({ ...each, behind: true }) }],
    ['takes nothing', { pushed: (pushed) => ({ ...pushed, applied: 0 }) }],
    ['acknowledges what was not sent', { pushed: (pushed) => ({ ...pushed, applied: 1_000_000 }) }],
    [
      'refuses what was not sent',
      { pushed: (pushed) => ({ ...pushed, applied: 0, refused: [{ number: 1, code: 'usage' }] }) },
    ],
  ])('that %s ends the exchange with a code', async (_what, what) => {
    await enrolHere();
    tamper = what;
    await expect(run()).rejects.toMatchObject({ code: 'server-inconsistent' });
    expect(sent.length).toBeLessThan(100);
    expect(await new Replica(store).parked()).toEqual([]);
    tamper = {};
    await run();
    expect(await new Replica(store).countPending()).toBe(0);
    expect(await count()).toBe(PEOPLE + 1);
  });
});

describe('plain http', () => {
  const join = async (origin: string, allowHttp?: boolean) => {
    const { code } = await new Devices(world.server.store).invite(ACCOUNT);
    await joinServer(store, { origin, fetch: send }, code, 'door', allowHttp);
  };

  it('is refused but to the machine itself, unless an operator permits it', async () => {
    const former = await membershipOf(store);
    sent = [];
    for (const origin of ['http://10.0.0.5', 'http://127.example.org', 'http://localhost.example.org']) {
      await expect(join(origin)).rejects.toMatchObject({ code: 'server-insecure' });
    }
    expect(sent).toEqual([]);
    expect(await membershipOf(store)).toEqual(former);
    for (const origin of ['http://127.0.0.2:8080', 'http://localhost', 'http://[::1]', 'https://10.0.0.5']) {
      await join(origin);
      await run();
    }
    await join('http://10.0.0.5', true);
    await run();
  });
});
