import { afterEach, beforeEach, expect, it } from 'vitest';
import { LOCAL_ACCOUNT } from '#core/store';
import { Replica } from '#core/sync';
import { ACCOUNT, facesOf, newFaceId, newReference, World, type Device } from './world.ts';

/** An appliance that synchronises while `lintel sync now` does the same beside it, over one store. */

let world: World;
let a: Device;
beforeEach(async () => {
  world = await World.create(1);
  a = world.devices[0]!;
  await a.store.createCollection(LOCAL_ACCOUNT, 'staff');
  await enrol();
  await a.sync();
});
afterEach(() => world.close());

async function enrol(): Promise<void> {
  await a.store.addFace(LOCAL_ACCOUNT, 'staff', { faceId: newFaceId(), references: [newReference()] });
}

/** What the other process does while an answer is on its way to this one. */
function meanwhile(path: string, work: () => Promise<void>): void {
  const deliver = world.deliver.bind(world);
  world.deliver = async (url, init) => {
    const answer = await deliver(url, init);
    if (url.pathname === path) {
      world.deliver = deliver;
      await work();
    }
    return answer;
  };
}

it('loses no face where the other begins to compare everything', async () => {
  await world.server.store.addFace(ACCOUNT, 'staff', { faceId: newFaceId(), references: [newReference()] });
  meanwhile('/v1/sync/pull', () => new Replica(a.store).compareAll());
  expect(await a.sync()).toBe(true);
  expect((await facesOf(a.store)).size).toBe(2);
  expect(await a.store.tombstones()).toEqual([]);
});

it('loses no face that the other process sends while everything is compared', async () => {
  await new Replica(a.store).compareAll();
  meanwhile('/v1/sync/pull', async () => {
    await enrol();
    a.faults = ['none', 'none', 'none', 'none', 'lose-request'];
    expect(await a.sync()).toBe(false);
    expect(await new Replica(a.store).countPending()).toBe(0);
  });
  expect(await a.sync()).toBe(true);
  expect((await facesOf(a.store)).size).toBe(2);
  expect(await a.store.tombstones()).toEqual([]);
  expect((await new Replica(a.store).state())?.comparing).not.toBe(0);
  expect(await a.sync()).toBe(true);
  expect((await new Replica(a.store).state())?.comparing).toBe(0);
});

it('drops an answer to an exchange that the other process has restarted', async () => {
  await enrol();
  meanwhile('/v1/sync/push', () => new Replica(a.store).join());
  meanwhile('/v1/sync/pull', () => new Replica(a.store).join());
  expect(await a.sync()).toBe(true);
  expect(await a.sync()).toBe(true);
  expect((await facesOf(a.store)).size).toBe(2);
  expect((await facesOf(world.server.store, ACCOUNT)).size).toBe(2);
  expect(await new Replica(a.store).countPending()).toBe(0);
});
