import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  KIOSK_CHANNELS,
  type KioskChannel,
  type KioskInput,
  type KioskOutput,
  type VisitFrame,
} from '#contract';
import { fileKeyProvider, LOCAL_ACCOUNT, openStore } from '#core/store';
import { createOperator } from '../operator/index.ts';
import { readAuditLog } from '../../test/support/audit-log.ts';
import { request } from '../../test/support/request.ts';
import { samplePictures } from '../../test/support/sample-pictures.ts';
import { openAppliance, type Appliance, type KioskConnection } from './index.ts';

const modelsDir = fileURLToPath(new URL('../../models', import.meta.url));
const PIN = '271828';

let alice: Buffer;
let aliceElsewhere: Buffer;
let stranger: Buffer;
let group: Buffer;
let empty: Buffer;
/** A data folder whose operator has chosen a PIN. Hashed cheaply: the real cost is the operator's tests' matter. */
let seed: string;

let root: string;
let dataDir: string;
let appliance: Appliance;
let screen: KioskConnection;
let events: [string, unknown][];
let logged: string[];

beforeAll(async () => {
  ({ alice, aliceElsewhere, stranger, group, empty } = await samplePictures());
  seed = await mkdtemp(join(tmpdir(), 'lintel-seed-'));
  const store = await openStore({ dir: join(seed, 'data'), keyProvider: fileKeyProvider(join(seed, 'key')) });
  await createOperator(store, { cost: { N: 1024, r: 8, p: 1 } }).setPin(PIN);
  await store.close();
});

const options = (): Parameters<typeof openAppliance>[0] => ({
  dataDir,
  modelsDir,
  keyProvider: fileKeyProvider(join(dataDir, '..', 'key')),
  workers: 1,
  version: '1.2.3',
  log: pino({}, { write: (line) => void logged.push(line) }),
});

const openScreen = (): KioskConnection => appliance.connect((event, body) => void events.push([event, body]));

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lintel-appliance-'));
  await cp(seed, root, { recursive: true });
  dataDir = join(root, 'data');
  events = [];
  logged = [];
  appliance = await openAppliance(options());
  screen = openScreen();
});
afterEach(async () => {
  await appliance.close();
  await rm(root, { recursive: true });
});
afterAll(async () => await rm(seed, { recursive: true }));

const ask = <C extends KioskChannel>(
  channel: C,
  input: KioskInput<C>,
  on = screen,
): Promise<KioskOutput<C>> => request(on, channel, input);

const signIn = async (): Promise<void> => void (await ask('operator.login', { pin: PIN }));

/** Shows pictures instead of doing what is asked. */
async function visit(...images: Uint8Array[]): Promise<KioskOutput<'visit.submit'>> {
  const { visitId } = await ask('visit.begin', {});
  return await ask('visit.submit', { visitId, frames: frontal(images) });
}

const frontal = (images: readonly Uint8Array[]): VisitFrame[] =>
  images.map((image, i) => ({ image, capturedAt: i, moment: { kind: 'frontal' } }));

const enrolAlice = async (): Promise<string> => {
  const { face } = await ask('people.enrol', {
    metadata: { name: 'Alice' },
    externalKey: 'a-1',
    images: [alice],
  });
  return face!.faceId;
};

it('goes on where its collection was taken away', async () => {
  const store = await openStore({ dir: dataDir, keyProvider: fileKeyProvider(join(root, 'key')) });
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
    const { entries } = await readAuditLog(dataDir, join(root, 'key'));
    expect(entries.at(-1)).toMatchObject(['device', { kind: 'decision', outcome: 'denied' }]);
  });

  it('belongs to one screen', async () => {
    const { visitId } = await ask('visit.begin', {});
    const frames = frontal([alice, alice, alice]);
    await expect(ask('visit.submit', { visitId, frames }, openScreen())).rejects.toMatchObject({
      code: 'visit-unknown',
    });
    await expect(ask('visit.submit', { visitId, frames })).resolves.toMatchObject({ outcome: 'denied' });
  });

  it('is not asked for what the visitor cannot do', async () => {
    const { challenge } = await ask('visit.begin', { avoid: ['turn-left', 'turn-right', 'smile'] });
    expect(new Set(challenge)).toEqual(new Set(['blink', 'nod']));
    await expect(
      ask('visit.begin', { avoid: ['turn-left', 'turn-right', 'smile', 'nod'] }),
    ).rejects.toMatchObject({ code: 'challenge-impossible' });
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
    expect(logged.join('')).not.toContain(code);
    expect(logged.join('')).not.toContain(faceId);
    await ask('people.remove', { faceId });
    expect(await ask('visit.code', { code })).toMatchObject({ outcome: 'denied', reasons: ['code-wrong'] });
  });

  it('that is wrong five times pauses the kiosk, tells every screen, and stays so after a restart', async () => {
    events = [];
    for (let i = 0; i < 5; i++) await ask('visit.code', { code: '00000000' });
    expect(events).toEqual([
      [
        'appliance.status-changed',
        expect.objectContaining({ pausedForMs: expect.any(Number) as number }) as object,
      ],
    ]);
    await appliance.close();
    appliance = await openAppliance(options());
    screen = openScreen();
    const { pausedForMs } = await ask('appliance.status', {});
    expect(pausedForMs).toBeGreaterThan(0);
    expect(pausedForMs).toBeLessThanOrEqual(30_000);
    await expect(ask('visit.begin', {})).rejects.toMatchObject({ code: 'kiosk-paused' });
    await expect(ask('visit.code', { code: '00000000' })).rejects.toMatchObject({ code: 'kiosk-paused' });
    await signIn();
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

  it('stores nobody who looks enrolled already, unless told that it is somebody else', async () => {
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
      images: [aliceElsewhere, empty],
      source: 'file',
    });
    expect(added).toMatchObject({
      face: { referenceCount: 2 },
      rejected: [{ index: 1, code: 'no-face' }],
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

describe('access', () => {
  const OPERATOR_CHANNELS = Object.entries(KIOSK_CHANNELS).flatMap(([name, { access }]) =>
    access === 'operator' ? [name] : [],
  );

  it.each(OPERATOR_CHANNELS)('%s needs an operator, whatever the input', async (channel) => {
    for (const input of [{}, undefined, { faceId: 'x' }]) {
      expect(await screen.handle(channel, input)).toMatchObject({
        ok: false,
        error: { code: 'operator-required' },
      });
    }
  });

  it('is of the screen that signed in, until it signs out', async () => {
    await signIn();
    const other = openScreen();
    await expect(ask('people.list', {}, other)).rejects.toMatchObject({ code: 'operator-required' });
    await expect(ask('people.list', {})).resolves.toMatchObject({ total: 0 });
    await ask('operator.logout', {});
    await expect(ask('people.list', {})).rejects.toMatchObject({ code: 'operator-required' });
  });

  it('begins with a PIN that is chosen at the screen', async () => {
    await appliance.close();
    await rm(dataDir, { recursive: true });
    appliance = await openAppliance(options());
    screen = openScreen();
    expect(await ask('appliance.status', {})).toMatchObject({
      pinIsSet: false,
      enrolledCount: 0,
      version: '1.2.3',
    });
    await ask('operator.set-pin', { pin: PIN });
    expect(events.at(-1)).toEqual(['appliance.status-changed', expect.objectContaining({ pinIsSet: true })]);
    await signIn();
    await expect(ask('people.list', {})).resolves.toMatchObject({ total: 0 });
  });

  it('ends when the screen closes', async () => {
    await signIn();
    screen.close();
    await expect(ask('people.list', {})).rejects.toMatchObject({ code: 'operator-required' });
  });

  it('needs the right PIN', async () => {
    await expect(ask('operator.login', { pin: '000000' })).rejects.toMatchObject({ code: 'pin-wrong' });
    await expect(ask('people.list', {})).rejects.toMatchObject({ code: 'operator-required' });
  });
});

describe('settings', () => {
  beforeEach(signIn);

  it('change only what is named, and every screen hears of it', async () => {
    openScreen();
    events.length = 0;
    expect(await ask('settings.update', { language: 'ar' })).toMatchObject({
      language: 'ar',
      falsePositiveRate: 1e-3,
    });
    await ask('settings.update', { sound: false });
    const body = expect.objectContaining({
      settings: expect.objectContaining({ language: 'ar', sound: false }),
    });
    expect(events).toHaveLength(4);
    expect(events.slice(2)).toEqual([
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
    [{ collectionId: 'a/b' }, 'collection-id-invalid'],
    [{ language: 'xx' }, 'usage'],
    [{ colour: 'red' }, 'usage'],
  ])('are not %j', async (input, code) => {
    expect(await screen.handle('settings.update', input)).toMatchObject({ ok: false, error: { code } });
  });
});

describe('the dispatcher', () => {
  it.each(['', 'visit', 'constructor', '__proto__', 'people.list.x'])(
    'knows no channel %j',
    async (channel) => {
      expect(await screen.handle(channel, {})).toEqual({
        ok: false,
        error: { code: 'channel-unknown', message: 'There is no such channel.' },
      });
    },
  );

  it.each([
    ['visit.begin', { extra: 1 }],
    ['visit.begin', null],
    ['visit.submit', { visitId: 'x', frames: [] }],
    ['operator.login', { pin: 123_456 }],
    ['operator.login', { pin: '1'.repeat(65) }],
  ])('refuses malformed input: %s %j', async (channel, input) => {
    expect(await screen.handle(channel, input)).toMatchObject({ ok: false, error: { code: 'usage' } });
  });

  it('turns a fault into an error without a trace, and logs it', async () => {
    await appliance.close();
    expect(await screen.handle('appliance.status', {})).toEqual({
      ok: false,
      error: { code: 'internal', message: 'Something went wrong inside Lintel.' },
    });
    expect(logged.join('')).toContain('"channel":"appliance.status"');
    appliance = await openAppliance(options());
  });

  it('logs no PIN, key or name', async () => {
    await signIn();
    await enrolAlice();
    await expect(ask('operator.login', { pin: '999999' })).rejects.toMatchObject({ code: 'pin-wrong' });
    await expect(
      ask('people.enrol', { metadata: {}, externalKey: 'a-1', images: [stranger] }),
    ).rejects.toMatchObject({ code: 'external-key-in-use' });
    const log = logged.join('');
    expect(log).toContain('pin-wrong');
    for (const secret of [PIN, '999999', 'a-1', 'Alice']) expect(log).not.toContain(secret);
  });
});

describe('opening', () => {
  it('refuses damaged settings and leaves no process behind', async () => {
    await appliance.close();
    const file = join(dataDir, 'settings.json');
    await writeFile(file, '{');
    await expect(openAppliance(options())).rejects.toMatchObject({ code: 'settings-corrupt' });
    expect(await readFile(file, 'utf8')).toBe('{');
    await rm(file);
    appliance = await openAppliance(options());
  });

  it('refuses a wrong key', async () => {
    await appliance.close();
    await writeFile(join(root, 'other'), `${'0'.repeat(64)}\n`, { mode: 0o600 });
    await expect(
      openAppliance({ ...options(), keyProvider: fileKeyProvider(join(root, 'other')) }),
    ).rejects.toMatchObject({ code: 'store-key-wrong' });
    appliance = await openAppliance(options());
  });
});
