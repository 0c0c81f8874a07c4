import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DoorConfig, type KioskOutput, type VisitFrame } from '#contract';
import { fileKekProvider, LOCAL_ACCOUNT, openStore } from '#core/store';
import { lintel, mustRun } from '../../test/support/appliance.ts';
import { appliancePerTest, PIN, pictures } from '../../test/support/appliance-per-test.ts';
import { readAuditLog } from '../../test/support/audit-log.ts';
import { openAppliance } from './index.ts';

const { alice, aliceElsewhere, stranger, group, empty } = pictures;
const at = appliancePerTest();
const { ask, signIn, enrolAlice, options, openScreen } = at;

/** For commands beside the appliance. */
const place = () => ({ data: at.dataDir, keyFile: join(at.root, 'key'), remove: async () => undefined });

/** Shows pictures instead of doing what is asked. */
async function visit(...images: Uint8Array[]): Promise<KioskOutput<'visit.submit'>> {
  const { visitId } = await ask('visit.begin', {});
  return await send(visitId, images);
}

async function send(
  visitId: string,
  images: readonly Uint8Array[],
  ...screen: [] | [ReturnType<typeof openScreen>]
): Promise<KioskOutput<'visit.submit'>> {
  await ask('visit.frames', { visitId, from: 0, frames: frontal(images) }, ...screen);
  return await ask('visit.submit', { visitId, frameCount: images.length }, ...screen);
}

const frontal = (images: readonly Uint8Array[]): VisitFrame[] =>
  images.map((image, i) => ({ image, capturedAt: i, moment: { kind: 'frontal' } }));

it('goes on where its collection was taken away', async () => {
  const store = await openStore({
    dir: at.dataDir,
    kekProvider: fileKekProvider(join(at.root, 'key')),
  });
  await store.deleteCollection(LOCAL_ACCOUNT, 'default');
  await store.close();
  expect(await ask('appliance.status', {})).toMatchObject({ enrolledCount: 0 });
  expect(await ask('visit.code', { code: '00000000' })).toMatchObject({ outcome: 'denied' });
  await signIn();
  expect(await ask('people.list', {})).toEqual({ faces: [], total: 0 });
  await enrolAlice();
  expect(await ask('people.list', {})).toMatchObject({ total: 1 });
});

describe('a visit', () => {
  it.each([
    ['nobody', () => [empty, empty, empty]],
    ['a picture of somebody enrolled', () => [alice, alice, alice]],
    ['two people side by side', () => [alice, group, alice]],
  ])('of %s is not granted, and recorded', async (_, images) => {
    await signIn();
    await enrolAlice();
    expect(await visit(...images())).toMatchObject({ outcome: 'denied', person: null });
    const { entries } = await readAuditLog(at.dataDir, join(at.root, 'key'));
    expect(entries.at(-1)).toMatchObject(['device', { kind: 'decision', outcome: 'denied' }]);
  });

  it('belongs to one screen', async () => {
    const { visitId } = await ask('visit.begin', {});
    const images = [alice, alice, alice];
    const unknown = { code: 'visit-unknown' };
    await expect(send(visitId, images, openScreen())).rejects.toMatchObject(unknown);
    await expect(send(visitId, images)).resolves.toMatchObject({ outcome: 'denied' });
  });

  it('that fails five times in a row tells every screen of the pause, in which codes are taken', async () => {
    await signIn();
    const { code } = await ask('people.give-code', { faceId: await enrolAlice() });
    at.events.length = 0;
    for (let i = 0; i < 5; i++) await visit(alice, alice, alice);
    // The decision waits for no screen.
    const told = (what: string) => at.events.filter(([event]) => event === what);
    await expect.poll(() => told('appliance.status-changed').length).toBeGreaterThan(0);
    expect(told('appliance.status-changed')).toEqual([
      [
        'appliance.status-changed',
        expect.objectContaining({ pausedForMs: expect.any(Number) as number }) as object,
      ],
    ]);
    expect((await ask('appliance.status', {})).pausedForMs).toBeGreaterThan(0);
    await expect(ask('visit.begin', {})).rejects.toMatchObject({ code: 'kiosk-paused' });
    expect(await ask('visit.code', { code })).toMatchObject({ outcome: 'granted' });
  });

  it('finds no pause ended by a clock that was set, nor a lock of the PIN', async () => {
    await at.close();
    vi.useFakeTimers({ toFake: ['Date'] });
    await at.open();
    for (let i = 0; i < 5; i++) {
      await ask('visit.code', { code: '00000000' });
      await expect(ask('operator.login', { pin: '000000' })).rejects.toMatchObject({ code: 'pin-wrong' });
    }
    vi.setSystemTime(Date.now() + 365 * 24 * 3_600_000);
    await expect(ask('visit.code', { code: '00000000' })).rejects.toMatchObject({ code: 'kiosk-paused' });
    await expect(ask('operator.login', { pin: PIN })).rejects.toMatchObject({ code: 'pin-locked' });
    vi.useRealTimers();
  });

  it('is not asked for what the visitor cannot do', async () => {
    const { challenge } = await ask('visit.begin', { avoid: ['turn-left', 'turn-right'] });
    expect(['blink', 'nod', 'smile']).toEqual(expect.arrayContaining(challenge));
    await expect(ask('visit.begin', { avoid: ['turn-left', 'turn-right', 'smile'] })).rejects.toMatchObject({
      code: 'challenge-impossible',
    });
  });
});

describe('an access code', () => {
  it('stands in for the face of the person it was given to', async () => {
    await expect(ask('people.give-code', { faceId: `face_${'0'.repeat(32)}` })).rejects.toMatchObject({
      code: 'operator-required',
    });
    await signIn();
    const faceId = await enrolAlice();
    const { code } = await ask('people.give-code', { faceId });
    expect(await ask('visit.code', { code })).toEqual({
      outcome: 'granted',
      reasons: ['code'],
      hints: [],
      person: { faceId, name: 'Alice' },
    });
    expect(at.logged.join('')).not.toContain(code);
    expect(at.logged.join('')).not.toContain(faceId);

    const rules = join(at.root, 'rules.json');
    await writeFile(rules, JSON.stringify({ timeZone: 'UTC', rules: [{ groups: ['staff'] }] }));
    await mustRun(place(), 'access', 'set', rules);
    expect(await ask('visit.code', { code })).toMatchObject({
      outcome: 'denied',
      reasons: ['access-denied'],
    });

    const told = join(at.root, 'told');
    const tell = (what: string) => ['/bin/sh', '-c', `echo ${what} >> "$1"`, 'sh', told];
    const actuator = { kind: 'command', open: tell('open'), close: tell('shut'), limitMs: 5_000 };
    await writeFile(join(at.root, 'door'), JSON.stringify({ doorId: 'front', pulseMs: 500, actuator }));
    await mustRun(place(), 'door', 'set', join(at.root, 'door'));
    await at.close();
    await at.open();
    const wasTold = async (words: string) => await expect.poll(() => readFile(told, 'utf8')).toBe(words);
    await wasTold('shut\n');
    expect(await ask('visit.code', { code })).toMatchObject({ outcome: 'denied' });
    await mustRun(place(), 'access', 'remove');
    expect(await ask('visit.code', { code })).toMatchObject({ outcome: 'granted' });
    // No operator is signed in since the restart.
    const shown = at.events.flatMap(([event, body]) => (event === 'events.added' ? [body] : []));
    expect(shown).toMatchObject([
      { outcome: 'granted', name: 'Alice' },
      { outcome: 'denied', name: 'Alice' },
    ]);
    await expect(ask('events.list', {})).rejects.toMatchObject({ code: 'operator-required' });
    await wasTold('shut\nopen\nshut\n');
    await signIn();
    await ask('people.remove', { faceId });
    expect(await ask('visit.code', { code })).toMatchObject({ outcome: 'denied', reasons: ['code-wrong'] });
    expect((await lintel(place(), 'events')).answer).toMatchObject({
      events: [
        { outcome: 'denied', reasons: ['code-wrong'], faceId: null },
        { outcome: 'granted', doorId: 'front' },
        { outcome: 'denied', doorId: 'front' },
        { outcome: 'denied', reasons: ['access-denied'], level: 'code', faceId, name: null, doorId: null },
        { outcome: 'granted', reasons: ['code'], faceId },
      ],
    });
  });

  it('that is wrong five times pauses codes alone, stays so after a restart, and ends when an operator signs in', async () => {
    for (let i = 0; i < 5; i++) await ask('visit.code', { code: '00000000' });
    await at.close();
    await at.open();
    expect(await ask('appliance.status', {})).toMatchObject({ pausedForMs: 0, faceIsOff: false });
    await ask('visit.begin', {});
    await expect(ask('visit.code', { code: '00000000' })).rejects.toMatchObject({ code: 'kiosk-paused' });
    await signIn();
    expect(await ask('visit.code', { code: '00000000' })).toMatchObject({ outcome: 'denied' });
  });
});

describe('enrolment', () => {
  beforeEach(signIn);

  it('uses the images that show a face and names the others', async () => {
    const { face, rejected } = await ask('people.enrol', {
      metadata: {},
      images: [empty, alice, Buffer.from('words'), new Uint8Array()],
    });
    expect(face).toMatchObject({ referenceCount: 1, externalKey: null, metadata: {} });
    expect(rejected.map(({ index, code }) => [index, code])).toEqual([
      [0, 'no-face'],
      [2, 'image-unsupported'],
      [3, 'image-empty'],
    ]);
  });

  it('stores nothing when no image can be used', async () => {
    expect(await ask('people.enrol', { metadata: {}, images: [empty] })).toMatchObject({ face: null });
    expect(await ask('people.list', {})).toEqual({ faces: [], total: 0 });
    expect(await ask('appliance.status', {})).toMatchObject({ enrolledCount: 0 });
  });

  it('stores no person who looks enrolled already, unless told that it is another person', async () => {
    const faceId = await enrolAlice();
    const person = { metadata: { name: 'Alicia' }, images: [aliceElsewhere] };
    const held = await ask('people.enrol', { ...person, source: 'file' });
    expect(held).toMatchObject({
      face: null,
      suspectedDuplicates: [{ faceId, externalKey: 'a-1', metadata: { name: 'Alice' } }],
    });
    expect(await ask('people.list', {})).toMatchObject({ total: 1 });
    const allowed = await ask('people.enrol', {
      ...person,
      source: 'file',
      allowDuplicate: true,
    });
    expect(allowed.face).toMatchObject({ metadata: { name: 'Alicia' } });
    expect(await ask('people.list', {})).toMatchObject({ total: 2 });
  });

  it('adds pictures to a person, of that person only', async () => {
    const faceId = await enrolAlice();
    const added = await ask('people.add-pictures', {
      faceId,
      images: [aliceElsewhere, empty, group],
      source: 'file',
    });
    expect(added).toMatchObject({
      face: { referenceCount: 2 },
      rejected: [
        { index: 1, code: 'no-face' },
        { index: 2, code: 'several-faces', faceCount: 2 },
      ],
    });
    await expect(ask('people.add-pictures', { faceId, images: [stranger] })).rejects.toMatchObject({
      code: 'different-person',
    });
    expect(await ask('people.forget-automatic', { faceId })).toMatchObject({ referenceCount: 2 });
  });

  it('refuses a key that is in use or not a key', async () => {
    await enrolAlice();
    const person = { metadata: {}, images: [stranger] };
    await expect(ask('people.enrol', { ...person, externalKey: 'a-1' })).rejects.toMatchObject({
      code: 'external-key-in-use',
    });
    await expect(ask('people.enrol', { ...person, externalKey: 'a 1' })).rejects.toMatchObject({
      code: 'external-key-invalid',
    });
    expect(await ask('people.list', { query: 'ALI' })).toMatchObject({
      total: 1,
      faces: [{ externalKey: 'a-1' }],
    });
  });
});

describe('settings', () => {
  beforeEach(signIn);

  it('change only what is named, and every screen hears of it', async () => {
    openScreen();
    at.events.length = 0;
    expect(await ask('settings.update', { language: 'ar' })).toMatchObject({
      language: 'ar',
      falsePositiveRate: 1e-3,
    });
    await ask('settings.update', { sound: false });
    const body = expect.objectContaining({
      settings: expect.objectContaining({ language: 'ar', sound: false }),
    });
    expect(at.events).toHaveLength(4);
    expect(at.events.slice(2)).toEqual([
      ['appliance.status-changed', body],
      ['appliance.status-changed', body],
    ]);
  });

  it('may name a collection that is new', async () => {
    await enrolAlice();
    await ask('settings.update', { collectionId: 'annex' });
    expect(await ask('appliance.status', {})).toMatchObject({ enrolledCount: 0 });
    const { collections } = await ask('collections.list', {});
    expect(collections.map(({ collectionId }) => collectionId).toSorted()).toEqual(['annex', 'default']);
  });

  it.each([
    [{ falsePositiveRate: 0.5 }, 'usage'],
    [{ falsePositiveRate: 0.1 }, 'usage'],
    [{ collectionId: 'a/b' }, 'collection-id-invalid'],
    [{ language: 'xx' }, 'usage'],
    [{ colour: 'red' }, 'usage'],
  ])('are not %j', async (input, code) => {
    expect(await at.screen.handle('settings.update', input)).toMatchObject({ ok: false, error: { code } });
  });
});

describe('the level of assurance', () => {
  it('is one at which visits prove something, unless an operator chooses less', async () => {
    expect(await ask('appliance.status', {})).toMatchObject({ assurance: 'steps' });
    await signIn();
    await ask('settings.update', { assurance: 'presence' });
    expect(await ask('appliance.status', {})).toMatchObject({ assurance: 'presence' });
    expect(await ask('visit.begin', {})).toMatchObject({ level: 'presence', challenge: [] });
  });

  it('proves something where a grant opens a door, whatever the settings say', async () => {
    await signIn();
    await ask('settings.update', { assurance: 'presence' });
    await at.close();
    const store = await openStore({ dir: at.dataDir, kekProvider: fileKekProvider(join(at.root, 'key')) });
    const actuator = { kind: 'command', open: ['/bin/true'], close: ['/bin/true'] };
    await store.door.setConfig(DoorConfig.parse({ doorId: 'front', actuator }));
    await store.close();
    await at.open();
    const refused = { code: 'assurance-opens-no-door' };
    await expect(ask('visit.begin', {})).rejects.toMatchObject(refused);
    await signIn();
    await expect(ask('settings.update', { assurance: 'presence' })).rejects.toMatchObject(refused);
    await ask('settings.update', { assurance: 'steps' });
    expect(await ask('visit.begin', {})).toMatchObject({ level: 'steps' });
  });

  it('rises for the next visit where one left doubt, and the record says why', async () => {
    await signIn();
    await enrolAlice();
    await ask('settings.update', { assurance: 'presence', assuranceOnDoubt: 'steps' });
    expect(await visit(alice, aliceElsewhere)).toEqual({
      outcome: 'undecided',
      reasons: ['more-asked'],
      hints: [],
      person: null,
    });
    const { entries } = await readAuditLog(at.dataDir, join(at.root, 'key'));
    const doubts = expect.arrayContaining(['first-of-day']) as string[];
    expect(entries.at(-1)).toMatchObject(['device', { kind: 'decision', level: 'presence', doubts }]);
    expect(await ask('visit.begin', {})).toMatchObject({ level: 'steps' });
  });

  it('is recognition alone at a reception: a picture passes, and the record says so', async () => {
    await signIn();
    const faceId = await enrolAlice();
    await ask('settings.update', { assurance: 'presence' });
    expect(await visit(alice, aliceElsewhere)).toMatchObject({ outcome: 'granted', person: { faceId } });
    const { entries } = await readAuditLog(at.dataDir, join(at.root, 'key'));
    expect(entries.at(-1)).toMatchObject(['device', { kind: 'decision', level: 'presence', challenge: [] }]);
  });
});

describe('opening', () => {
  it('refuses damaged settings and leaves no process behind', async () => {
    await at.close();
    const file = join(at.dataDir, 'settings.json');
    await writeFile(file, '{');
    await expect(openAppliance(options())).rejects.toMatchObject({ code: 'settings-corrupt' });
    expect(await readFile(file, 'utf8')).toBe('{');
    await rm(file);
    await at.open();
  });

  it('refuses a folder that another one has, until that one is closed', async () => {
    await expect(openAppliance(options())).rejects.toMatchObject({ code: 'already-running' });
    await at.close();
    await at.open();
  });

  it('refuses a made-up camera once it has joined a server', async () => {
    await at.close();
    const store = await openStore({ dir: at.dataDir, kekProvider: fileKekProvider(join(at.root, 'key')) });
    const membership = { mode: 'realeyes', origin: 'https://faces.example', apiKey: 'key', allowHttp: false };
    await store.setSecret('sync.server', Buffer.from(JSON.stringify(membership)));
    await store.close();
    const camera = { allowFake: true, devices: async () => [] };
    await expect(openAppliance({ ...options(), camera })).rejects.toMatchObject({
      code: 'fake-camera-refused',
    });
    const again = await openStore({ dir: at.dataDir, kekProvider: fileKekProvider(join(at.root, 'key')) });
    await again.setSecret('sync.server', null);
    await again.close();
    await at.open();
  });

  it('refuses a wrong key', async () => {
    await at.close();
    await writeFile(join(at.root, 'other'), `${'0'.repeat(64)}\n`, { mode: 0o600 });
    await expect(
      openAppliance({ ...options(), kekProvider: fileKekProvider(join(at.root, 'other')) }),
    ).rejects.toMatchObject({ code: 'store-key-wrong' });
    await at.open();
  });
});
