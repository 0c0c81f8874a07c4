import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBackup, restoreBackup } from '#core/backup';
import { Devices } from '#core/devices';
import { LOCAL_ACCOUNT } from '#core/store';
import { Hub, Replica } from '#core/sync';
import { changePolicy } from './member.ts';
import { ACCOUNT, type Device, newFaceId, newReference, World } from './world.ts';

/** A reference that was removed, wherever that was, and whoever still has it. */

let world: World;
let a: Device;
let b: Device;
let faceId: string;

beforeEach(async () => {
  world = await World.create(2);
  [a, b] = world.devices as [Device, Device];
  await a.store.createCollection(LOCAL_ACCOUNT, 'staff', null);
  faceId = newFaceId();
  await a.store.addFace(LOCAL_ACCOUNT, 'staff', { faceId, references: [newReference()] });
  const learned = { ...newReference(), source: 'automatic' } as const;
  await a.store.addReferences(LOCAL_ACCOUNT, 'staff', faceId, [learned]);
  await syncAll();
});
afterEach(() => world.close());

async function syncAll(): Promise<void> {
  for (const device of [a, b, a, b]) expect(await device.sync()).toBe(true);
}

/** How many references the face has at the server, at `a` and at `b`. */
const counts = async () => {
  const stores = [world.server.store, a.store, b.store];
  const accounts = [ACCOUNT, LOCAL_ACCOUNT, LOCAL_ACCOUNT];
  return await Promise.all(
    stores.map(async (store, i) => (await store.getFace(accounts[i]!, 'staff', faceId)).referenceCount),
  );
};

const REMOVALS = {
  'at an appliance': () => b.store.unlearn(LOCAL_ACCOUNT, 'staff', faceId),
  'at the server': () => world.server.store.unlearn(ACCOUNT, 'staff', faceId),
};
const SENDS = {
  'all that it has': () => new Replica(a.store).joinAgain(),
  'its pictures': async () => {
    const { sql, faces, references, biometrics } = a.store.parts;
    await sql.write(async (tx) => {
      const { face } = (await faces.place(tx, LOCAL_ACCOUNT, faceId))!;
      for (const id of await references.idsOf(tx, face)) {
        await biometrics.addImage(tx, id, Buffer.from('jpeg'), new Date().toISOString());
      }
    });
    await new Replica(a.store).queueImages();
  },
};
describe.each(Object.entries(REMOVALS))('one that was removed %s', (_where, remove) => {
  it.each(Object.entries(SENDS))(
    'does not come back from an appliance that sends %s',
    async (_what, send) => {
      expect(await counts()).toEqual([2, 2, 2]);
      await remove();
      await b.sync();
      await send();
      await syncAll();
      expect(await counts()).toEqual([1, 1, 1]);
    },
  );
});

it.each(['join', 'joinAgain'] as const)(
  'does not come back to the appliance that removed it, and did %s before the server knew',
  async (start) => {
    await a.store.unlearn(LOCAL_ACCOUNT, 'staff', faceId);
    await new Replica(a.store)[start]();
    await syncAll();
    expect(await counts()).toEqual([1, 1, 1]);
  },
);

it('does not come back from a server that was restored', async () => {
  const { server } = world;
  const file = join(world.folder, 'backup');
  const options = { dir: server.dir, kekProvider: server.kekProvider };
  await createBackup(options, file, { actor: 'cli' });
  await a.store.unlearn(LOCAL_ACCOUNT, 'staff', faceId);
  await syncAll();
  expect(await counts()).toEqual([1, 1, 1]);
  await world.restartServer(() =>
    restoreBackup(file, options, { actor: 'cli', unseal: server.kekProvider, replace: true }),
  );
  expect(await counts()).toEqual([2, 1, 1]);
  await b.sync();
  await syncAll();
  expect(await counts()).toEqual([1, 1, 1]);
});

it('was not removed where only a server that was set back lost it: who still has it brings it back', async () => {
  const { sql, faces, references, changes } = world.server.store.parts;
  await sql.write(async (tx) => {
    const { face } = (await faces.place(tx, ACCOUNT, faceId))!;
    const { uid } = (await references.rowsOf(tx, face)).find(({ source }) => source === 'automatic')!;
    await references.drop(tx, face, [uid]);
    await changes.touch(tx, ACCOUNT, 'face', faceId, null);
  });
  await b.sync();
  expect(await counts()).toEqual([1, 2, 1]);
  await new Hub(world.server.store).renewFeed();
  await b.sync();
  await syncAll();
  expect(await counts()).toEqual([2, 2, 2]);
});

it('was not removed where the server refused that: it stays also when the appliance starts again', async () => {
  const devices = new Devices(world.server.store);
  await changePolicy(a.store, devices, { mayDelete: false });
  await a.store.unlearn(LOCAL_ACCOUNT, 'staff', faceId);
  await syncAll();
  expect(await counts()).toEqual([2, 2, 2]);
  await changePolicy(a.store, devices, { mayDelete: true });
  await new Replica(a.store).joinAgain();
  await syncAll();
  expect(await counts()).toEqual([2, 2, 2]);
});

it('is remembered with the face, and with the newest of many', async () => {
  const uids = Array.from({ length: 250 }, (_, i) => i.toString(16).padStart(32, '0'));
  const { parts } = world.server.store;
  await parts.sql.write(async (tx) => {
    const { face } = (await parts.faces.place(tx, ACCOUNT, faceId))!;
    await parts.references.remove(tx, face, uids);
    const kept = await parts.references.notRemoved(
      tx,
      face,
      uids.map((uid) => ({ uid })),
    );
    expect(kept.map(({ uid }) => uid)).toEqual(uids.slice(0, 50));
  });
  await world.server.store.deleteFace(ACCOUNT, 'staff', faceId);
  const left = await parts.sql.read((tx) => tx.all('SELECT uid FROM removed_references', []));
  expect(left).toEqual([]);
});
