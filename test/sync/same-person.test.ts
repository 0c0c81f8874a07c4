import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Consent, FaceMetadata } from '#contract';
import { similarity } from '#core/matching';
import { LOCAL_ACCOUNT, type NewReference, type SqlStore } from '#core/store';
import { Hub, Replica } from '#core/sync';
import { ACCOUNT, type Device, MODEL, newFaceId, newReference, World } from './world.ts';

/** Two faces of which an operator decided that they are one person: what of the second remains with the first. */

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

interface Enrolment {
  readonly externalKey?: string;
  readonly metadata?: FaceMetadata;
  readonly references?: NewReference[];
}

async function enrol(device: Device, { references = [newReference()], ...rest }: Enrolment = {}) {
  const faceId = newFaceId();
  await device.store.addFace(LOCAL_ACCOUNT, 'staff', { faceId, references, ...rest });
  await syncAll();
  return faceId;
}

/** The server finds that two look alike. */
async function suspect(firstFaceId: string, secondFaceId: string): Promise<string> {
  const { sql, conflicts } = world.server.store.parts;
  const about = { collectionId: 'staff', firstFaceId, secondFaceId, externalKey: null, confidence: 99 };
  await sql.write((tx) => conflicts.open(tx, ACCOUNT, { kind: 'suspected-duplicate', ...about }));
  const open = await new Hub(world.server.store).conflicts(ACCOUNT);
  return open.find((each) => each.secondFaceId === secondFaceId)!.conflictId;
}

/** The server is told, and appliances have yet to hear. */
async function merge(first: string, second: string): Promise<void> {
  const conflictId = await suspect(first, second);
  await new Hub(world.server.store).resolve(ACCOUNT, conflictId, 'same-person', 'api:test');
}

const places = (): (readonly [SqlStore, string])[] => [
  [world.server.store, ACCOUNT],
  [a.store, LOCAL_ACCOUNT],
  [b.store, LOCAL_ACCOUNT],
];

/** A face as all have it. */
async function everywhere(faceId: string) {
  const [atServer, ...atDevices] = await Promise.all(
    places().map(([store, account]) => store.getFace(account, 'staff', faceId)),
  );
  const shared = ({ externalKey, metadata, referenceCount }: typeof atServer & object) => ({
    externalKey,
    metadata,
    referenceCount,
  });
  for (const each of atDevices) expect(shared(each)).toEqual(shared(atServer!));
  return shared(atServer!);
}

/** Whether any face of any store has a reference. */
async function isKept({ template }: NewReference): Promise<boolean> {
  for (const [store, account] of places()) {
    const ids = await store.referenceIds(account, 'staff', MODEL);
    const wanted = await store.protect(MODEL, template);
    const kept = await store.references(account, MODEL, ids);
    if (kept.some((each) => similarity(each.template, wanted) > 0.99999)) return true;
  }
  return false;
}

const mergeEntries = async () => {
  const lines = await Array.fromAsync(world.server.store.audit.lines());
  return lines
    .map((line) => (JSON.parse(line) as { entry: { kind: string } }).entry)
    .filter(({ kind }) => kind === 'faces-merged');
};

describe('of two faces that are one person', () => {
  it('the first keeps its groups and its validity, and the log says what the second had', async () => {
    const kept = { groups: ['staff'], validFrom: null, validUntil: '2027-01-31' };
    const gone = { groups: ['guards'], validFrom: '2026-01-01', validUntil: null };
    const first = await enrol(a, { metadata: { name: 'Ada', access: kept } });
    const second = await enrol(b, { metadata: { name: 'Ada L.', access: gone } });
    await merge(first, second);
    await syncAll();
    expect(await everywhere(first)).toMatchObject({ metadata: { name: 'Ada', access: kept } });
    expect(await mergeEntries()).toEqual([
      {
        kind: 'faces-merged',
        account: ACCOUNT,
        collectionId: 'staff',
        faceId: first,
        from: second,
        references: 1,
        access: gone,
        consent: null,
      },
    ]);
  });

  it('the first gets no limits and no groups of the second, where it has none itself', async () => {
    const first = await enrol(a);
    const access = { groups: ['guards'], validFrom: null, validUntil: '2026-01-01' };
    const second = await enrol(b, { metadata: { name: 'Ada', access } });
    await merge(first, second);
    await syncAll();
    expect((await everywhere(first)).metadata).toEqual({ name: 'Ada' });
  });

  it.each([
    ['takes away a group', { groups: [], validFrom: null, validUntil: null }],
    ['ends the validity', { groups: ['guards'], validFrom: null, validUntil: '2026-01-01' }],
  ])('the first may no more than it might, where an appliance that was away %s', async (_what, changed) => {
    const first = await enrol(a, {
      metadata: { access: { groups: [], validFrom: null, validUntil: '2027-01-31' } },
    });
    const access = { groups: ['guards'], validFrom: null, validUntil: null };
    const second = await enrol(b, { metadata: { access } });
    await b.store.setMetadata(LOCAL_ACCOUNT, 'staff', second, { access: changed });
    await merge(first, second);
    await syncAll();
    expect((await everywhere(first)).metadata.access).toEqual({
      groups: [],
      validFrom: null,
      validUntil: '2027-01-31',
    });
  });

  it('the first gets the key of the second where it has none, also if another waits for that key', async () => {
    const first = await enrol(a);
    const [second, third] = [newFaceId(), newFaceId()];
    for (const [{ store }, faceId] of [
      [b, second],
      [a, third],
    ] as const)
      await store.addFace(LOCAL_ACCOUNT, 'staff', {
        faceId,
        references: [newReference()],
        externalKey: 'k',
      });
    for (const device of [b, a, b]) expect(await device.sync()).toBe(true);
    expect(await everywhere(third)).toMatchObject({ externalKey: null });
    await merge(first, second);
    await syncAll();
    expect(await everywhere(first)).toMatchObject({ externalKey: 'k' });
    expect(await everywhere(third)).toMatchObject({ externalKey: null });
    expect(await new Replica(b.store).conflicts()).toMatchObject([
      { firstFaceId: first, secondFaceId: third, externalKey: 'k' },
    ]);
  });
});

describe('the pictures of the second', () => {
  const consent = (changed: Partial<Consent> = {}): Consent => ({
    version: '1',
    purpose: 'door',
    termDays: null,
    way: 'tick',
    givenAt: '2026-01-01T00:00:00.000Z',
    ...changed,
  });

  it.each<[string, Consent | undefined, Consent | undefined, boolean]>([
    ['no consent is noted with either', undefined, undefined, true],
    [
      'the same was agreed to',
      consent(),
      consent({ givenAt: '2026-02-01T00:00:00.000Z', way: 'signature' }),
      true,
    ],
    ['the first stays for some days only', consent({ termDays: 30 }), consent(), true],
    ['the second may have stayed for long enough', consent(), consent({ termDays: 30 }), false],
    ['both may have', consent({ termDays: 30 }), consent({ termDays: 30 }), false],
    ['another text was agreed to', consent(), consent({ version: '2' }), false],
    ['another purpose was', consent(), consent({ purpose: 'attendance' }), false],
    ['nobody agreed with the second', consent(), undefined, false],
    ['nobody agreed with the first', undefined, consent(), false],
  ])('stay or go where %s', async (_what, ofFirst, ofSecond, stays) => {
    const metadata = (given: Consent | undefined) => (given === undefined ? {} : { consent: given });
    const first = await enrol(a, { metadata: metadata(ofFirst) });
    const theirs = newReference();
    const second = await enrol(b, { metadata: metadata(ofSecond), references: [theirs] });
    await merge(first, second);
    await syncAll();
    const { metadata: noted, referenceCount } = await everywhere(first);
    expect(noted).toEqual(metadata(ofFirst));
    expect(referenceCount).toBe(stays ? 2 : 1);
    expect(await isKept(theirs)).toBe(stays);
    expect(await mergeEntries()).toMatchObject([
      { references: stays ? 1 : 0, consent: ofSecond?.version ?? null },
    ]);
  });

  describe.each(['before', 'after'])('go from the first, too, when somebody hears of it %s', (when) => {
    let ours: NewReference;
    let theirs: NewReference;
    let first: string;
    let second: string;

    beforeEach(async () => {
      [ours, theirs] = [newReference(), newReference()];
      first = await enrol(a, { references: [ours] });
      second = await enrol(b, { references: [theirs] });
    });

    /** An appliance is away while it does something, which arrives before or after the decision. */
    async function away(work: () => Promise<unknown>): Promise<void> {
      const conflictId = await suspect(first, second);
      await work();
      if (when === 'before') await b.sync();
      // A conflict ends with one of its faces.
      if ((await new Hub(world.server.store).conflicts(ACCOUNT)).length > 0)
        await new Hub(world.server.store).resolve(ACCOUNT, conflictId, 'same-person', 'api:test');
      await syncAll();
    }

    it('and had erased the second since consent was taken back', async () => {
      await away(() => b.store.erase(LOCAL_ACCOUNT, { faceId: second }, 'consent-withdrawn'));
      expect(await isKept(theirs)).toBe(false);
      expect(await isKept(ours)).toBe(true);
      expect(await everywhere(first)).toMatchObject({ referenceCount: 1 });
      // Who still has all of it brings nothing back.
      await new Replica(a.store).joinAgain();
      await syncAll();
      expect(await isKept(theirs)).toBe(false);
    });

    it('and had removed one of them', async () => {
      await away(() => removed(b, second));
      expect(await isKept(theirs)).toBe(false);
      expect(await isKept(ours)).toBe(true);
    });
  });

  it('go from the last of several into which the second came', async () => {
    const theirs = newReference();
    const last = await enrol(a);
    const between = await enrol(a);
    const second = await enrol(b, { references: [theirs] });
    await b.store.erase(LOCAL_ACCOUNT, { faceId: second });
    await merge(between, second);
    await merge(last, between);
    await a.sync();
    expect(await world.server.store.getFace(ACCOUNT, 'staff', last)).toMatchObject({ referenceCount: 3 });
    expect(await isKept(theirs)).toBe(true);
    await syncAll();
    expect(await isKept(theirs)).toBe(false);
    expect(await everywhere(last)).toMatchObject({ referenceCount: 2 });
  });
});

/** An appliance takes the references of a face away, as it does with what it learned. */
async function removed({ store }: Device, faceId: string): Promise<void> {
  const { sql, faces, references, outbox } = store.parts;
  await sql.write(async (tx) => {
    const { face } = (await faces.place(tx, LOCAL_ACCOUNT, faceId))!;
    const uids = (await references.rowsOf(tx, face)).map(({ uid }) => uid);
    await references.remove(tx, face, uids);
    const place = { collectionId: 'staff', faceId };
    await outbox.add(tx, LOCAL_ACCOUNT, 'references-removed', place, { ...place, uids });
  });
}
