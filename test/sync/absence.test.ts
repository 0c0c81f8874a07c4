import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_POLICY } from '#contract';
import { createBackup, restoreBackup } from '#core/backup';
import { LOCAL_ACCOUNT, type SqlStore } from '#core/store';
import { Hub, Replica } from '#core/sync';
import { trimFeeds } from '../../server/sync/index.ts';
import { ACCOUNT, Device, facesOf, MODEL, newFaceId, newReference, World } from './world.ts';

/** Machines that were away for long, or were set back to what they once were. */

const COLLECTION = 'staff';

let world: World;
let [a, b]: Device[] = [];
beforeEach(async () => {
  world = await World.create(2);
  [a, b] = world.devices;
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

async function enrol(store: SqlStore, account = LOCAL_ACCOUNT): Promise<string> {
  await store.createCollection(account, COLLECTION).catch(() => undefined);
  const faceId = newFaceId();
  await store.addFace(account, COLLECTION, { faceId, references: [newReference()] });
  return faceId;
}

const leave = (store: SqlStore, faceId: string, account = LOCAL_ACCOUNT): Promise<boolean> =>
  store.deleteFace(account, COLLECTION, faceId);

/** Every device syncs as often as it takes. @returns the faces that all have then */
async function agreed(): Promise<Set<string>> {
  for (let round = 0; round < 3; round++) {
    for (const device of world.devices) expect(await device.sync()).toBe(true);
  }
  const truth = await new Hub(world.server.store).sharedHash(ACCOUNT, MODEL);
  const there = new Set((await facesOf(world.server.store, ACCOUNT)).keys());
  for (const { store } of world.devices) {
    expect(new Set((await facesOf(store)).keys())).toEqual(there);
    expect(await new Replica(store).sharedHash(MODEL)).toBe(truth);
    expect(await new Replica(store).countPending()).toBe(0);
  }
  return there;
}

const laterBy = (days: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * 86_400_000 });
};

describe('an appliance that was away for 90 days', () => {
  it('learns of a deletion that its server has left out of the changes', async () => {
    const [stays, leaves] = [await enrol(a!.store), await enrol(a!.store)];
    expect(await agreed()).toEqual(new Set([stays, leaves]));
    await leave(a!.store, leaves);
    await a!.sync();
    const meanwhile = await enrol(b!.store);

    laterBy(91);
    const after = await enrol(a!.store);
    await a!.sync();
    expect(await trimFeeds(world.server.store, [ACCOUNT])).toBe(1);
    expect((await facesOf(b!.store)).has(leaves)).toBe(true);
    expect(await agreed()).toEqual(new Set([stays, meanwhile, after]));
  });

  it('learns of it also if the server had no face at its last contact', async () => {
    expect(await agreed()).toEqual(new Set());
    const leaves = await enrol(a!.store);
    // Told, but the answer to what it asked after that was lost.
    a!.faults = ['none', 'none', 'none', 'none', 'lose-answer'];
    expect(await a!.sync()).toBe(false);
    await leave(world.server.store, leaves, ACCOUNT);

    laterBy(91);
    await b!.sync();
    expect(await trimFeeds(world.server.store, [ACCOUNT])).toBe(1);
    await enrol(world.server.store, ACCOUNT);
    expect(await agreed()).not.toContain(leaves);
  });

  it('keeps the changes waiting for it until then', async () => {
    const leaves = await enrol(a!.store);
    expect(await agreed()).toEqual(new Set([leaves]));
    await leave(a!.store, leaves);
    await a!.sync();
    laterBy(31);
    await a!.sync();
    expect(await trimFeeds(world.server.store, [ACCOUNT])).toBe(0);
    await b!.sync();
    expect(await trimFeeds(world.server.store, [ACCOUNT])).toBe(1);
    expect(await agreed()).toEqual(new Set([]));
  });

  it('brings no face back of which it still had changes to send', async () => {
    const leaves = await enrol(a!.store);
    expect(await agreed()).toEqual(new Set([leaves]));
    await leave(a!.store, leaves);
    await a!.sync();
    await b!.store.setMetadata(LOCAL_ACCOUNT, COLLECTION, leaves, { name: 'Ada' });
    await b!.store.addReferences(LOCAL_ACCOUNT, COLLECTION, leaves, [newReference()]);
    laterBy(91);
    await trimFeeds(world.server.store, [ACCOUNT]);
    expect(await agreed()).toEqual(new Set([]));
  });
});

describe('an appliance that compares everything with a server that has left out a deletion', () => {
  /** More people than one message takes, and then a deletion that is left out of the changes. */
  async function leaveOut(count: number): Promise<Set<string>> {
    const stay: string[] = [];
    for (let i = 0; i < count; i++) stay.push(await enrol(a!.store));
    const leaves = await enrol(a!.store);
    expect(await agreed()).toEqual(new Set([...stay, leaves]));
    await leave(a!.store, leaves);
    await agreed();
    laterBy(31);
    await agreed();
    expect(await trimFeeds(world.server.store, [ACCOUNT])).toBe(1);
    return new Set(stay);
  }

  it('comes to an end', async () => {
    const stay = await leaveOut(130);
    world.devices.push(await Device.join(world, join(world.folder, 'device-2')));
    expect(await agreed()).toEqual(stay);
  });

  it('has nothing left to compare afterwards', async () => {
    await leaveOut(3);
    await new Replica(b!.store).compareAll();
    await agreed();
    const { cursor, comparing } = (await new Replica(b!.store).state())!;
    await b!.sync();
    expect(comparing).toBe(0);
    expect(await new Replica(b!.store).state()).toMatchObject({ cursor, comparing: 0 });
    const { behind } = await new Hub(world.server.store).pull(
      ACCOUNT,
      { replicaId: 'rep', cursor, limit: 1, bytes: 1, modelId: MODEL, wanted: [] },
      { secret: new Uint8Array(32), modelId: MODEL, deviceId: '', rights: DEFAULT_POLICY },
    );
    expect(behind).toBe(false);
  });

  it('starts from the beginning where one more is left out before it has come so far', async () => {
    const stay = await leaveOut(130);
    const [leaves] = stay;
    const late = await Device.join(world, join(world.folder, 'device-2'));
    world.devices.push(late);
    // Greeting, and the first of three messages.
    late.faults = ['none', 'none', 'none', 'lose-request'];
    expect(await late.sync()).toBe(false);
    expect((await facesOf(late.store)).has(leaves!)).toBe(true);
    await leave(a!.store, leaves!);
    await a!.sync();
    await new Hub(world.server.store).trim(ACCOUNT, new Date(Date.now() + 1000));
    stay.delete(leaves!);
    expect(await agreed()).toEqual(stay);
  });
});

describe('an appliance whose folder was set back', () => {
  /** @returns puts it back as it is now */
  async function copyOf(device: Device): Promise<() => Promise<void>> {
    const copy = join(world.folder, 'copy');
    await device.restart(() => cp(device.dir, copy, { recursive: true }));
    return async () => {
      await device.restart(async () => {
        await rm(device.dir, { recursive: true });
        await cp(copy, device.dir, { recursive: true });
      });
    };
  }

  it.each([0, 1, 2, 3, 10])('loses none of %i people it enrols then', async (count) => {
    const first = await enrol(a!.store);
    expect(await agreed()).toEqual(new Set([first]));
    const setBack = await copyOf(a!);
    const lost = [await enrol(a!.store), await enrol(a!.store)];
    await leave(a!.store, first);
    await a!.sync();
    await setBack();
    const since: string[] = [];
    for (let i = 0; i < count; i++) since.push(await enrol(a!.store));
    expect(await agreed()).toEqual(new Set([...lost, ...since]));
  });

  it('brings no face back that was deleted elsewhere meanwhile', async () => {
    const [stays, leaves] = [await enrol(a!.store), await enrol(a!.store)];
    expect(await agreed()).toEqual(new Set([stays, leaves]));
    const setBack = await copyOf(a!);
    await leave(b!.store, leaves);
    expect(await agreed()).toEqual(new Set([stays]));
    await setBack();
    expect(await agreed()).toEqual(new Set([stays]));
  });
});

describe('a server whose folder was set back', () => {
  /** @returns puts it back as it is now */
  async function copyOfServer(): Promise<() => Promise<void>> {
    const { dir } = world.server;
    const copy = join(world.folder, 'copy');
    await world.restartServer(() => cp(dir, copy, { recursive: true }));
    return () =>
      world.restartServer(async () => {
        await rm(dir, { recursive: true });
        await cp(copy, dir, { recursive: true });
      });
  }

  it('gets back what an appliance sent it since', async () => {
    const first = await enrol(a!.store);
    expect(await agreed()).toEqual(new Set([first]));
    const setBack = await copyOfServer();
    const since = await enrol(a!.store);
    await a!.sync();
    await setBack();
    const after = await enrol(a!.store);
    expect(await agreed()).toEqual(new Set([first, since, after]));
  });

  it('gets back what an appliance pulled from it since, and sends it what is new', async () => {
    const first = await enrol(a!.store);
    expect(await agreed()).toEqual(new Set([first]));
    const setBack = await copyOfServer();
    const since: string[] = [];
    for (let i = 0; i < 5; i++) since.push(await enrol(world.server.store, ACCOUNT));
    await agreed();
    await setBack();
    const after = await enrol(world.server.store, ACCOUNT);
    expect(await agreed()).toEqual(new Set([first, ...since, after]));
  });
});

describe('an appliance from which many were deleted before it joined', () => {
  it('sends them in pieces that pass a slow line', async () => {
    const { store } = a!;
    await new Replica(store).leave();
    for (let i = 0; i < 1000; i++) await enrol(store);
    await store.resetCollection(LOCAL_ACCOUNT, COLLECTION);
    await enrol(store);
    await new Replica(store).join();
    const options = { secret: new Uint8Array(32), images: 'all' } as const;
    const { operations } = await new Replica(store).batch(64, 16 * 1024, options);
    expect(JSON.stringify(operations).length).toBeLessThan(40_000);
    expect(await agreed()).toHaveLength(1);
    expect(await world.server.store.tombstones()).toHaveLength(1000);
  });
});

describe('a server that was restored from a backup', () => {
  async function backUp(): Promise<() => Promise<void>> {
    const { server } = world;
    const file = join(world.folder, 'backup');
    const options = { dir: server.dir, kekProvider: server.kekProvider };
    await createBackup(options, file, { actor: 'cli' });
    return () =>
      world.restartServer(() =>
        restoreBackup(file, options, { actor: 'cli', unseal: server.kekProvider, replace: true }),
      );
  }

  it('gets back the faces that any appliance still has, and none that one deleted', async () => {
    const [stays, leaves, leavesAtServer] = [
      await enrol(a!.store),
      await enrol(a!.store),
      await enrol(world.server.store, ACCOUNT),
    ];
    expect(await agreed()).toEqual(new Set([stays, leaves, leavesAtServer]));
    const restore = await backUp();
    const [since, sinceAtServer] = [await enrol(a!.store), await enrol(world.server.store, ACCOUNT)];
    await leave(b!.store, leaves);
    await leave(world.server.store, leavesAtServer, ACCOUNT);
    expect(await agreed()).toEqual(new Set([stays, since, sinceAtServer]));
    await restore();
    expect((await facesOf(world.server.store, ACCOUNT)).has(since)).toBe(false);
    expect(await agreed()).toEqual(new Set([stays, since, sinceAtServer]));
  });

  it('keeps as many references of a person as one may have', async () => {
    const faceId = await enrol(a!.store);
    expect(await agreed()).toEqual(new Set([faceId]));
    const restore = await backUp();
    for (const { store } of [a!, b!]) {
      const references = Array.from({ length: 6 }, () => newReference());
      await store.addReferences(LOCAL_ACCOUNT, COLLECTION, faceId, references);
      await store.addReferences(LOCAL_ACCOUNT, COLLECTION, faceId, [
        { ...newReference(), source: 'automatic' },
      ]);
    }
    await restore();
    expect(await agreed()).toEqual(new Set([faceId]));
    expect(await b!.store.getFace(LOCAL_ACCOUNT, COLLECTION, faceId)).toMatchObject({ referenceCount: 10 });
  });

  it('forgets no face that an appliance enrolled while it was away', async () => {
    const leaves = await enrol(a!.store);
    expect(await agreed()).toEqual(new Set([leaves]));
    const restore = await backUp();
    await leave(a!.store, leaves);
    await a!.sync();
    const [before, after] = [await enrol(b!.store), newFaceId()];
    await restore();
    await b!.store.addFace(LOCAL_ACCOUNT, COLLECTION, { faceId: after, references: [newReference()] });
    expect(await agreed()).toEqual(new Set([before, after]));
  });
});
