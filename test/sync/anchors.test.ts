import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBackup, restoreBackup } from '#core/backup';
import { LOCAL_ACCOUNT } from '#core/store';
import { newFaceId, newReference, World, type Device } from './world.ts';

/** What an appliance told its server of its audit log shows it that its whole folder, key and all, was set back. */

const COLLECTION = 'staff';
let world: World;
let device: Device;
let faceId: string;
beforeEach(async () => {
  world = await World.create(1);
  device = world.devices[0]!;
  await device.store.createCollection(LOCAL_ACCOUNT, COLLECTION);
  faceId = newFaceId();
  await device.store.addFace(LOCAL_ACCOUNT, COLLECTION, { faceId, references: [newReference()] });
  await device.sync();
});
afterEach(() => world.close());

const pending = () => device.store.lineage.pending();
const copy = (): string => join(world.folder, 'copy');

it('is compared at the next exchange, and until an operator has decided no other takes its place', async () => {
  await device.restart(() => cp(device.dir, copy(), { recursive: true }));
  await device.store.deleteFace(LOCAL_ACCOUNT, COLLECTION, faceId);
  await device.sync();
  await device.restart(async () => {
    await rm(device.dir, { recursive: true });
    await cp(copy(), device.dir, { recursive: true });
  });
  expect(await pending()).toBeNull();
  for (let i = 0; i < 2; i++) {
    await device.sync();
    expect(await pending()).toMatchObject({ evidence: ['server'] });
  }
  await device.store.as('operator').settleSetBack('accept');
  for (let i = 0; i < 2; i++) {
    await device.sync();
    expect(await pending()).toBeNull();
  }
});

it('is no contradiction after a restored backup', async () => {
  const place = { dir: device.dir, kekProvider: device.kekProvider };
  const backup = join(world.folder, 'backup');
  await createBackup(place, backup, { actor: 'operator' });
  await device.store.setMetadata(LOCAL_ACCOUNT, COLLECTION, faceId, { name: 'Ada' });
  await device.sync();
  await device.restart(() =>
    restoreBackup(backup, place, { actor: 'operator', unseal: device.kekProvider, replace: true }),
  );
  await device.sync();
  await device.sync();
  expect(await pending()).toBeNull();
});

it('counts only with the signature of the appliance itself', async () => {
  const anchor = (await device.store.lineage.anchor())!;
  await device.store.lineage.checkAnchor(anchor);
  const flipped = anchor.signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
  await device.store.lineage.checkAnchor({ ...anchor, n: anchor.n + 1000 });
  await device.store.lineage.checkAnchor({ ...anchor, n: anchor.n + 1000, signature: flipped });
  expect(await pending()).toBeNull();
});
