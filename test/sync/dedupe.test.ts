import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Conflict } from '#contract';
import type { ImageAnalysis } from '#core/recognition';
import { LOCAL_ACCOUNT } from '#core/store';
import { Hub, Replica } from '#core/sync';
import { GOOD_FACE } from '../../core/recognition/testing/measurements.ts';
import { createDedupe } from '../../server/sync/index.ts';
import { ACCOUNT, MODEL, newFaceId, newReference, World, type Device } from './world.ts';

/** People who were told to the server, before it looks who of them was enrolled already. */
let world: World;
let a: Device;
let b: Device;
let ada: string;
let adaAgain: string;
const errors: unknown[] = [];

beforeEach(async () => {
  errors.length = 0;
  world = await World.create(2);
  [a, b] = world.devices as [Device, Device];
  await a.store.createCollection(LOCAL_ACCOUNT, 'staff', null);
  for (const device of [a, b]) await device.sync();
  ada = await enrol(a);
  await a.sync();
  adaAgain = await enrol(b);
  await b.sync();
});
afterEach(() => world.close());

async function enrol({ store }: Device): Promise<string> {
  const faceId = newFaceId();
  await store.addFace(LOCAL_ACCOUNT, 'staff', { faceId, references: [newReference()] });
  return faceId;
}

/** A server process until it has nothing to do, in whose eyes the two look alike. */
async function serve(
  duplicatesOf = async (faceId: string) => twins(faceId),
  analyse = (): Promise<ImageAnalysis> => Promise.reject(new Error('no picture')),
): Promise<void> {
  const dedupe = createDedupe({
    store: world.server.store,
    recognizer: { modelId: MODEL, analyse },
    keepsImages: true,
    galleryOf: () => Promise.resolve({ duplicatesOf: (_collectionId, faceId) => duplicatesOf(faceId) }),
    onError: (error) => errors.push(error),
  });
  dedupe.look(ACCOUNT);
  await expect.poll(async () => errors.length > 0 || (await waiting()).length === 0).toBe(true);
  await dedupe.close();
}
const twins = (faceId: string) =>
  [ada, adaAgain].filter((other) => other !== faceId).map((other) => ({ faceId: other, confidence: 99 }));
const waiting = async () =>
  (await new Hub(world.server.store).dedupeQueue(ACCOUNT, 10)).map(({ faceId }) => faceId);
const suspected = (): Promise<Conflict[]> => new Hub(world.server.store).conflicts(ACCOUNT);

it('get templates of all their pictures at once, so that an index compares its collection once', async () => {
  const { store } = world.server;
  const pictures = [1, 2, 3].map((i) => ({ ...newReference(), image: Uint8Array.of(i) }));
  await store.addReferences(ACCOUNT, 'staff', ada, pictures);
  // As an appliance with another network sends them.
  await store.parts.sql.write((tx) =>
    tx.run('DELETE FROM templates WHERE reference IN (SELECT reference FROM reference_images)', []),
  );
  const removals = async () => Number((await store.removals(ACCOUNT, 'staff')).split('.')[1]);
  const before = await removals();
  const analysed: ImageAnalysis = {
    width: 640,
    height: 480,
    face: {
      boundingBox: { x: 200, y: 100, width: 200, height: 250 },
      confidence: 1,
      landmarks: [],
      template: newReference().template,
      measurements: GOOD_FACE,
      passive: null,
    },
    others: [],
    turn: 0,
    luma: 128,
    milliseconds: {},
  };
  await serve(undefined, () => Promise.resolve(analysed));
  expect(await store.modelCoverage(ACCOUNT, MODEL)).toMatchObject({ images: 3, pending: 0, embedded: 5 });
  expect(await removals()).toBe(before + 1);
});

it('wait for that over a restart of the server', async () => {
  await world.restartServer();
  expect(await waiting()).toEqual([ada, adaAgain]);
  await serve();
  expect(await suspected()).toMatchObject([
    { kind: 'suspected-duplicate', firstFaceId: ada, secondFaceId: adaAgain, confidence: 99 },
  ]);
  expect(await waiting()).toEqual([]);
});

it('do not wait once they are deleted', async () => {
  await a.store.deleteFace(LOCAL_ACCOUNT, 'staff', ada);
  await a.sync();
  expect(await waiting()).toEqual([adaAgain]);
  await serve();
  expect(await suspected()).toEqual([]);
});

it('do not wait for a face that cannot be compared, and that is tried again', async () => {
  const damaged = (faceId: string) =>
    faceId === ada ? Promise.reject(new Error('damaged')) : Promise.resolve(twins(faceId));
  await serve(damaged);
  await serve(damaged);
  expect(errors.length).toBeGreaterThan(0);
  expect(await waiting()).toEqual([ada]);
  expect(await suspected()).toHaveLength(1);
  errors.length = 0;
  await serve();
  expect(await waiting()).toEqual([]);
});

it.each(['keep-first', 'keep-second', 'both'] as const)(
  'are not reported again once an operator told them apart (%s), whatever is added to them',
  async (decision) => {
    await serve();
    await a.sync();
    const [{ conflictId } = { conflictId: '' }] = await new Replica(a.store).conflicts();
    await new Replica(a.store).resolve(conflictId, decision);
    await a.store.addReferences(LOCAL_ACCOUNT, 'staff', ada, [newReference()]);
    await a.sync();
    expect(await waiting()).toEqual([ada]);
    await serve();
    expect(await suspected()).toEqual([]);
  },
);
