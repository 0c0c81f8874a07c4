import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { AnimatedHead } from '../../scripts/samples/animated-head.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { headOf, openKiosk, type KioskClient } from '../support/kiosk-client.ts';
import { mountSmallDisk } from '../support/small-disk.ts';

const disk = mountSmallDisk();
/** Robin as on another photograph than the one enrolled. */
let robin: AnimatedHead;
let photo: Buffer;
let kiosk: KioskClient;

beforeAll(async () => {
  robin = await headOf(sampleFace('Robin', 0));
  photo = await portrait(sampleFace('Robin', 1));
});
afterEach(() => kiosk.close());
afterAll(() => disk?.remove());

async function learningKiosk(folder?: string): Promise<string> {
  const settings = { learnFromVisits: true, keepImages: 'always' as const };
  kiosk = await openKiosk(['turn-left', 'turn-right'], { settings, ...(folder !== undefined && { folder }) });
  return await kiosk.enrol(photo, 'Robin');
}

const referencesOf = async (): Promise<[all: number, automatic: number]> => {
  const { faces } = await kiosk.ask('people.list', {});
  const [robin] = faces;
  return [robin!.referenceCount, robin!.automaticReferenceCount];
};

it('keeps a picture of a visit that was granted, once a day', async () => {
  const faceId = await learningKiosk();
  expect(await kiosk.visit(robin)).toMatchObject({ outcome: 'granted', person: { faceId } });
  await expect.poll(referencesOf).toEqual([2, 1]);
  await kiosk.restart();
  expect(await kiosk.visit(robin)).toMatchObject({ outcome: 'granted' });
  await kiosk.restart();
  await kiosk.ask('operator.login', { pin: '271828' });
  expect(await referencesOf()).toEqual([2, 1]);
});

it.skipIf(disk === null)('opens the door all the same when there is no room to learn', async () => {
  const { folder } = disk!;
  const faceId = await learningKiosk(folder);
  // Less is left than enrolments leave to the rest, of 48 MB.
  await writeFile(join(folder, 'filler'), Buffer.alloc(36 * 2 ** 20));
  expect(await kiosk.visit(robin)).toMatchObject({ outcome: 'granted', person: { faceId } });
  await expect.poll(() => kiosk.logged.join()).toContain('store-full');
  expect(await referencesOf()).toEqual([1, 0]);
});
