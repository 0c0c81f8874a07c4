import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOCAL_ACCOUNT } from '#core/store';
import { ACCOUNT, facesOf, MODEL, newFaceId, newReference, World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await World.create(2);
});
afterEach(() => world.close());

const shared = async () => {
  const hashes = [await world.server.store.hub.sharedHash(ACCOUNT, MODEL)];
  for (const { store } of world.devices) hashes.push(await store.replica.sharedHash(MODEL));
  return hashes;
};

describe('two appliances and a server', () => {
  it('have the same people after both were in touch', async () => {
    const [a, b] = world.devices;
    await a!.store.createCollection(LOCAL_ACCOUNT, 'staff', 'Staff');
    const faceId = newFaceId();
    await a!.store.addFace(LOCAL_ACCOUNT, 'staff', {
      faceId,
      references: [newReference()],
      externalKey: 'k',
      metadata: { name: 'Ada' },
    });
    expect(await a!.sync()).toBe(true);
    expect(await b!.sync()).toBe(true);
    expect(await facesOf(b!.store)).toEqual(new Map([[faceId, 'staff']]));
    expect(new Set(await shared()).size).toBe(1);
    await b!.store.deleteFace(LOCAL_ACCOUNT, 'staff', faceId);
    expect(await b!.sync()).toBe(true);
    expect(await a!.sync()).toBe(true);
    expect(await facesOf(a!.store)).toEqual(new Map());
    expect(new Set(await shared()).size).toBe(1);
  });
});
