import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Conflict, Resolution } from '#contract';
import { LOCAL_ACCOUNT, type SqlStore } from '#core/store';
import { Replica } from '#core/sync';
import { ACCOUNT, Device, facesOf, MODEL, newFaceId, newReference, World } from './world.ts';

let world: World;
let a: Device;
let b: Device;

beforeEach(async () => {
  world = await World.create(2);
  [a, b] = world.devices as [Device, Device];
  await a.store.createCollection(LOCAL_ACCOUNT, 'staff', null);
  await syncAll();
});
afterEach(() => world.close());

async function syncAll(): Promise<void> {
  for (const device of [a, b, a, b]) expect(await device.sync()).toBe(true);
}

async function enrol(
  { store }: { store: SqlStore },
  externalKey: string | null,
  name?: string,
): Promise<string> {
  const faceId = newFaceId();
  await store.addFace(LOCAL_ACCOUNT, 'staff', {
    faceId,
    references: [newReference()],
    externalKey,
    metadata: name === undefined ? {} : { name },
  });
  return faceId;
}

const keyOf = async (store: SqlStore, faceId: string, account: string = LOCAL_ACCOUNT) =>
  (await store.getFace(account, 'staff', faceId)).externalKey;

describe('one key for two faces', () => {
  let first: string;
  let second: string;
  let conflict: Conflict;

  beforeEach(async () => {
    first = await enrol(a, 'k', 'Ada');
    second = await enrol(b, 'k');
    await syncAll();
    const [found] = await new Replica(b.store).conflicts();
    conflict = found!;
  });

  const decide = async (resolution: Resolution) => {
    await new Replica(b.store).resolve(conflict.conflictId, resolution);
    await syncAll();
    expect(await new Replica(a.store).conflicts()).toEqual([]);
    expect(await new Replica(b.store).conflicts()).toEqual([]);
  };
  const keys = async () => {
    const everywhere = [a.store, b.store].map(async (store) => [
      await keyOf(store, first),
      await keyOf(store, second),
    ]);
    const [atA, atB] = await Promise.all(everywhere);
    expect(atA).toEqual(atB);
    return atA;
  };

  it('stays with the face that reached the server first, and both appliances learn of the conflict', async () => {
    expect(await keys()).toEqual(['k', null]);
    expect(conflict).toMatchObject({ firstFaceId: first, secondFaceId: second, externalKey: 'k' });
    expect(await new Replica(a.store).conflicts()).toEqual([conflict]);
  });

  it('stays there when an operator says so', async () => {
    await decide('keep-first');
    expect(await keys()).toEqual(['k', null]);
  });

  it('goes to the other when an operator says so', async () => {
    await decide('keep-second');
    expect(await keys()).toEqual([null, 'k']);
  });

  it('is held by both when an operator says so', async () => {
    await decide('both');
    expect(await keys()).toEqual(['k', 'k']);
  });

  it('is held by one face with the references of both when they are one person', async () => {
    await decide('same-person');
    for (const { store } of [a, b]) {
      expect([...(await facesOf(store)).keys()]).toEqual([first]);
      expect(await store.getFace(LOCAL_ACCOUNT, 'staff', first)).toMatchObject({
        externalKey: 'k',
        referenceCount: 2,
        metadata: { name: 'Ada' },
      });
    }
  });

  it('goes to the other when its holder is deleted', async () => {
    await a.store.deleteFace(LOCAL_ACCOUNT, 'staff', first);
    await syncAll();
    expect(await keyOf(a.store, second)).toBe('k');
    expect(await keyOf(b.store, second)).toBe('k');
    expect(await new Replica(a.store).conflicts()).toEqual([]);
  });

  it('stays with a face that was allowed the same key when its holder is deleted', async () => {
    const third = await enrol(a, null);
    await syncAll();
    await a.store.setExternalKey(LOCAL_ACCOUNT, 'staff', third, 'k', true);
    await a.sync();
    // Not heard of there: the key seems to be free for the one who waits.
    await b.store.deleteFace(LOCAL_ACCOUNT, 'staff', first);
    expect(await keyOf(b.store, second)).toBe('k');
    await syncAll();
    for (const { store } of [a, b]) {
      expect(await keyOf(store, second)).toBeNull();
      expect(await keyOf(store, third)).toBe('k');
    }
  });

  it('goes to the next when several wait for it, and the others wait behind that one', async () => {
    const c = await Device.join(world, join(world.folder, 'device-2'));
    world.devices.push(c);
    await c.store.createCollection(LOCAL_ACCOUNT, 'staff', null);
    const third = await enrol(c, 'k');
    await c.sync();
    await syncAll();
    await a.store.deleteFace(LOCAL_ACCOUNT, 'staff', first);
    await syncAll();
    for (const { store } of [a, b]) {
      expect(await keyOf(store, second)).toBe('k');
      expect(await keyOf(store, third)).toBeNull();
      expect(await new Replica(store).conflicts()).toMatchObject([
        { firstFaceId: second, secondFaceId: third },
      ]);
    }
  });

  it('is decided also about a face that the deciding appliance has never received', async () => {
    const c = await Device.join(world, join(world.folder, 'device-2'));
    // The clock of the server is wrong for a while, so the third comes before the second.
    vi.useFakeTimers({ now: Date.now() - 3600_000, toFake: ['Date'] });
    await c.store.createCollection(LOCAL_ACCOUNT, 'staff', null);
    const third = await enrol(c, 'k');
    await c.sync();
    vi.useRealTimers();
    await c.store.deleteFace(LOCAL_ACCOUNT, 'staff', first);
    await c.sync();
    await new Replica(b.store).resolve(conflict.conflictId, 'keep-first');
    await syncAll();
    expect(await keyOf(b.store, third)).toBe('k');
    expect(await keyOf(b.store, second)).toBeNull();
  });

  it('is not taken for another key that the two come to share', async () => {
    await a.store.setExternalKey(LOCAL_ACCOUNT, 'staff', first, 'k2', false);
    await b.store.setExternalKey(LOCAL_ACCOUNT, 'staff', second, 'k2', false);
    await syncAll();
    const [, another] = await new Replica(b.store).conflicts();
    expect(another).toMatchObject({ firstFaceId: first, secondFaceId: second, externalKey: 'k2' });
    await new Replica(b.store).resolve(another!.conflictId, 'keep-second');
    await syncAll();
    expect(await keys()).toEqual([null, 'k2']);
  });

  it('is decided once when two operators decide', async () => {
    await new Replica(a.store).resolve(conflict.conflictId, 'keep-second');
    await new Replica(b.store).resolve(conflict.conflictId, 'keep-first');
    await syncAll();
    expect(await keys()).toEqual([null, 'k']);
  });
});

describe('what two appliances do to one face while apart', () => {
  let faceId: string;
  beforeEach(async () => {
    faceId = await enrol(a, null, 'Ada');
    await syncAll();
  });

  it('is all there afterwards', async () => {
    const access = { groups: ['night'], validFrom: null, validUntil: '2026-12-24' };
    await a.store.setMetadata(LOCAL_ACCOUNT, 'staff', faceId, { name: 'Ada', access });
    await a.store.setMetadata(LOCAL_ACCOUNT, 'staff', faceId, { name: 'Ada L.' });
    await b.store.addReferences(LOCAL_ACCOUNT, 'staff', faceId, [newReference()]);
    await b.store.setExternalKey(LOCAL_ACCOUNT, 'staff', faceId, 'k', false);
    await syncAll();
    for (const { store } of [a, b]) {
      expect(await store.getFace(LOCAL_ACCOUNT, 'staff', faceId)).toMatchObject({
        externalKey: 'k',
        referenceCount: 2,
        metadata: { name: 'Ada L.', access },
      });
    }
  });

  it('counts for nothing once one of them deleted it', async () => {
    await a.store.deleteFace(LOCAL_ACCOUNT, 'staff', faceId);
    await b.store.addReferences(LOCAL_ACCOUNT, 'staff', faceId, [newReference()]);
    await b.store.setExternalKey(LOCAL_ACCOUNT, 'staff', faceId, 'k', false);
    await syncAll();
    expect(await facesOf(a.store)).toEqual(new Map());
    expect(await facesOf(b.store)).toEqual(new Map());
  });

  it('is refused where there would be more than ten references, and undone at the appliance that came too late', async () => {
    const nine = Array.from({ length: 9 }, () => newReference());
    await a.store.addReferences(LOCAL_ACCOUNT, 'staff', faceId, nine);
    await b.store.addReferences(LOCAL_ACCOUNT, 'staff', faceId, [newReference(), newReference()]);
    await syncAll();
    expect((await b.store.getFace(LOCAL_ACCOUNT, 'staff', faceId)).referenceCount).toBe(10);
    expect(await new Replica(b.store).parked()).toMatchObject([
      { kind: 'references-added', faceId, code: 'too-many-references' },
    ]);
    expect(await new Replica(a.store).sharedHash(MODEL)).toBe(await new Replica(b.store).sharedHash(MODEL));
  });
});

describe('a reset', () => {
  it('deletes the faces that its sender had, and none that was enrolled elsewhere meanwhile', async () => {
    await enrol(a, null);
    await syncAll();
    const unknown = await enrol(b, null);
    await a.store.resetCollection(LOCAL_ACCOUNT, 'staff');
    await b.sync();
    await syncAll();
    expect([...(await facesOf(a.store)).keys()]).toEqual([unknown]);
    expect([...(await facesOf(b.store)).keys()]).toEqual([unknown]);
  });

  it('of a whole collection leaves the collection where a face was enrolled meanwhile', async () => {
    await enrol(a, null);
    await syncAll();
    const unknown = await enrol(b, null);
    await a.store.deleteCollection(LOCAL_ACCOUNT, 'staff');
    await syncAll();
    expect(await facesOf(a.store)).toEqual(new Map([[unknown, 'staff']]));
  });
});

describe('an appliance with a scope of some collections', () => {
  const setScope = async (collections: string[] | null) => {
    await b.setScope(collections);
    await syncAll();
  };

  it('holds no face outside its scope, and gets them when its scope grows', async () => {
    const faceId = await enrol(a, null);
    await a.store.createCollection(LOCAL_ACCOUNT, 'guests', null);
    await syncAll();
    await setScope(['guests']);
    expect(await facesOf(b.store)).toEqual(new Map());
    expect(await b.store.tombstones()).toEqual([]);
    await setScope(null);
    expect(await facesOf(b.store)).toEqual(new Map([[faceId, 'staff']]));
  });
});

describe('an appliance that removes its faces', () => {
  it('keeps those that the server does not know yet', async () => {
    await enrol(a, null);
    await syncAll();
    const unsent = await enrol(b, null);
    await new Replica(b.store).evictAll();
    expect([...(await facesOf(b.store)).keys()]).toEqual([unsent]);
    expect(await facesOf(world.server.store, ACCOUNT)).toHaveLength(1);
  });

  it('keeps no face for a waiting change, and no conflicts', async () => {
    await enrol(a, 'k');
    const known = await enrol(b, 'k');
    await syncAll();
    await b.store.setMetadata(LOCAL_ACCOUNT, 'staff', known, { name: 'Ada' });
    await new Replica(b.store).evictAll();
    expect(await facesOf(b.store)).toEqual(new Map());
    expect(await new Replica(b.store).conflicts()).toEqual([]);
  });
});

describe('pictures', () => {
  const picture = Uint8Array.of(1, 2, 3);
  const imageOf = async (store: SqlStore, account: string) => {
    const [id] = await store.referenceIds(account, 'staff', MODEL);
    return await store.referenceImage(account, id!);
  };

  it('go to the server and from the appliance', async () => {
    await a.store.addFace(LOCAL_ACCOUNT, 'staff', {
      faceId: newFaceId(),
      references: [{ ...newReference(), image: picture }],
    });
    expect(await imageOf(a.store, LOCAL_ACCOUNT)).not.toBeNull();
    await a.sync();
    expect(await imageOf(a.store, LOCAL_ACCOUNT)).toBeNull();
    expect(await imageOf(world.server.store, ACCOUNT)).toEqual(Buffer.from(picture));
    await b.sync();
    expect(await imageOf(b.store, LOCAL_ACCOUNT)).toBeNull();
  });
});
