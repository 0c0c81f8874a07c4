import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaceMetadata, PersonAccess } from '#contract';
import { LOCAL_ACCOUNT, type NewNotes } from '#core/store';
import { Replica } from '#core/sync';
import { RogueDevice } from './rogue-device.ts';
import { MODEL, newFaceId, newReference, World, type Device } from './world.ts';

/** What is noted about a person at two appliances while apart: above all, nothing gives back access that was taken away. */

const ACCESS: PersonAccess = { groups: ['staff', 'night'], validFrom: null, validUntil: null };
const consent = (version: string) => ({
  version,
  purpose: 'door',
  termDays: 30,
  way: 'tick' as const,
  givenAt: '2026-01-01T00:00:00.000Z',
});
const BEFORE = { name: 'Ada', access: ACCESS, consent: consent('1') };

let world: World;
let a: Device;
let b: Device;

beforeEach(async () => {
  world = await World.create(2);
  [a, b] = world.devices as [Device, Device];
  await a.store.createCollection(LOCAL_ACCOUNT, 'staff', null);
});
afterEach(() => world.close());

async function syncAll(): Promise<void> {
  for (const device of [a, b, a, b]) expect(await device.sync()).toBe(true);
  const [atA, atB] = [
    await new Replica(a.store).sharedHash(MODEL),
    await new Replica(b.store).sharedHash(MODEL),
  ];
  expect(atA).toBe(atB);
}

async function enrol(): Promise<string> {
  const faceId = newFaceId();
  await a.store.addFace(LOCAL_ACCOUNT, 'staff', { faceId, references: [newReference()], metadata: BEFORE });
  return faceId;
}

const note = ({ store }: Device, faceId: string, notes: NewNotes) =>
  store.setMetadata(LOCAL_ACCOUNT, 'staff', faceId, { name: 'Ada', ...notes });

/** Both appliances say the same of a person. */
async function noted(faceId: string): Promise<FaceMetadata> {
  const [atA, atB] = await Promise.all(
    [a, b].map(async ({ store }) => (await store.getFace(LOCAL_ACCOUNT, 'staff', faceId)).metadata),
  );
  expect(atA).toEqual(atB);
  return atA!;
}

describe('access that one appliance takes away', () => {
  const withdrawals: NewNotes['access'][] = [
    { groups: [] },
    { groups: ['night'] },
    { validUntil: '2026-01-01' },
  ];
  const others: NewNotes[] = [
    { name: 'Ada L.' },
    { consent: consent('2') },
    { access: ACCESS },
    { access: { validFrom: '2025-01-01' } },
  ];
  const pairs = withdrawals.flatMap((taken) => others.map((other) => ({ taken, other })));

  it.each([
    ['before', [0, 1]],
    ['after', [1, 0]],
  ] as const)('is gone where the server hears of it %s something else', async (_when, order) => {
    const people = new Map<string, (typeof pairs)[number]>();
    for (const pair of pairs) people.set(await enrol(), pair);
    await syncAll();
    for (const [faceId, { taken, other }] of people) {
      await note(a, faceId, { access: taken });
      await note(b, faceId, other);
    }
    for (const i of order) expect(await world.devices[i]!.sync()).toBe(true);
    await syncAll();
    for (const [faceId, { taken, other }] of people) {
      const access = { ...ACCESS, ...other.access, ...taken };
      expect({ taken, other, ...(await noted(faceId)) }).toEqual({
        taken,
        other,
        ...BEFORE,
        ...other,
        access,
      });
    }
  });

  it('is gone where the other gives something else', async () => {
    const faceId = await enrol();
    await syncAll();
    await note(a, faceId, { access: { groups: ['night'] } });
    await note(b, faceId, { access: { groups: ['staff', 'night', 'guards'] } });
    await syncAll();
    expect((await noted(faceId)).access?.groups).toEqual(['night', 'guards']);
  });

  it('is there once somebody gives it again', async () => {
    const faceId = await enrol();
    await syncAll();
    await note(a, faceId, { access: { groups: [] } });
    await syncAll();
    await note(b, faceId, { access: { groups: ['staff'] } });
    await syncAll();
    expect((await noted(faceId)).access?.groups).toEqual(['staff']);
  });
});

describe('an appliance of an earlier version, which tells the whole and not what it changed,', () => {
  it('sets what it names, and leaves what it does not know', async () => {
    const earlier = await RogueDevice.join(world);
    const faceId = await enrol();
    await syncAll();
    const set = async (metadata: FaceMetadata) => {
      const body = { collectionId: 'staff', faceId, metadata };
      expect(await earlier.push({ kind: 'metadata-set', body })).toEqual([null]);
      await syncAll();
    };
    await note(a, faceId, { access: { groups: [] } });
    await syncAll();
    await set({ name: 'Ada L.', access: ACCESS });
    expect(await noted(faceId)).toEqual({ ...BEFORE, name: 'Ada L.' });

    await note(a, faceId, { access: { validUntil: '2026-01-01' } });
    await syncAll();
    await set({ name: 'Ada K.' });
    const access = { ...ACCESS, validUntil: '2026-01-01' };
    expect(await noted(faceId)).toEqual({ ...BEFORE, name: 'Ada K.', access });
  });
});
