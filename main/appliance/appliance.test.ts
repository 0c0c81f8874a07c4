import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuditRecord, KIOSK_CHANNELS, type KioskChannel, type KioskInput, type KioskOutput } from '#contract';
import { verifyLog, verifyReceipt } from '#core/audit';
import { fileKeyProvider, openStore } from '#core/store';
import { portrait } from '../../core/recognition/test-images.ts';
import { createOperator } from '../operator/index.ts';
import { openAppliance, openEngine, type Appliance, type KioskConnection } from './index.ts';

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
  alice = await portrait(3, 900, 50, 560, 700);
  aliceElsewhere = await portrait(1, 1290, 60, 560, 560);
  stranger = await portrait(3, 420, 150, 500, 600);
  group = await sharp(stranger)
    .resize(500, 600)
    .extend({ right: 500 })
    .composite([
      { input: await sharp(alice).resize(500, 600, { fit: 'cover' }).toBuffer(), left: 500, top: 0 },
    ])
    .png()
    .toBuffer();
  seed = await mkdtemp(join(tmpdir(), 'lintel-seed-'));
  const store = await openStore({ dir: join(seed, 'data'), keyProvider: fileKeyProvider(join(seed, 'key')) });
  await createOperator(store, { cost: { N: 1024, r: 8, p: 1 } }).setPin(PIN);
  await store.close();
  empty = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#888' } })
    .jpeg()
    .toBuffer();
});

const options = (): Parameters<typeof openAppliance>[0] => ({
  dataDir,
  modelsDir,
  keyProvider: fileKeyProvider(join(dataDir, '..', 'key')),
  workers: 1,
  version: '1.2.3',
  log: pino(
    new Writable({
      write: (line: Buffer, _, done) => {
        logged.push(line.toString());
        done();
      },
    }),
  ),
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

async function ask<C extends KioskChannel>(
  channel: C,
  input: KioskInput<C>,
  on = screen,
): Promise<KioskOutput<C>> {
  const reply = await on.handle(channel, input);
  if (!reply.ok) throw Object.assign(new Error(reply.error.message), { code: reply.error.code });
  return KIOSK_CHANNELS[channel].output.parse(reply.value) as KioskOutput<C>;
}

const signIn = async (): Promise<void> => void (await ask('operator.login', { pin: PIN }));

async function visit(...images: Uint8Array[]): Promise<KioskOutput<'visit.submit'>> {
  const { visitId } = await ask('visit.begin', {});
  return await ask('visit.submit', {
    visitId,
    frames: images.map((image, i) => ({ image, capturedAt: i * 100 })),
  });
}

const enrolAlice = async (): Promise<string> => {
  const { face } = await ask('people.enrol', {
    metadata: { name: 'Alice' },
    externalKey: 'a-1',
    images: [alice],
  });
  return face!.faceId;
};

describe('a person', () => {
  it('is enrolled, welcomed on other pictures, and unknown again once removed', async () => {
    await signIn();
    const faceId = await enrolAlice();
    expect(await visit(aliceElsewhere, aliceElsewhere, aliceElsewhere)).toEqual({
      outcome: 'granted',
      reasons: ['match'],
      person: { faceId, name: 'Alice' },
    });
    expect(await visit(stranger, stranger, stranger)).toMatchObject({
      outcome: 'denied',
      reasons: ['no-match'],
      person: null,
    });
    await ask('people.remove', { faceId });
    expect(await visit(alice, alice, alice)).toMatchObject({ outcome: 'denied', reasons: ['empty-gallery'] });
    await expect(ask('people.remove', { faceId })).rejects.toMatchObject({ code: 'face-not-found' });
  });

  it('is still known after a restart', async () => {
    await signIn();
    await enrolAlice();
    await appliance.close();
    appliance = await openAppliance(options());
    screen = openScreen();
    expect(await visit(aliceElsewhere, aliceElsewhere, aliceElsewhere)).toMatchObject({ outcome: 'granted' });
    expect(await ask('appliance.status', {})).toMatchObject({ enrolledCount: 1, pinIsSet: true });
  });

  it('is known at once when another process enrolled them', async () => {
    const engine = await openEngine({ ...options(), actor: 'command-line' });
    await engine.serve(async ({ recognizer, gallery }) => {
      const { face } = await recognizer.analyse(alice);
      const { template, confidence: quality } = face!;
      await gallery.enrol('default', {
        references: [{ modelId: recognizer.modelId, template, quality, source: 'file' }],
      });
    });
    await engine.close();
    expect(await visit(aliceElsewhere, aliceElsewhere, aliceElsewhere)).toMatchObject({ outcome: 'granted' });
  });
});

describe('a visit', () => {
  it.each([
    ['nobody', () => [empty, empty, empty], 'undecided', 'no-face'],
    ['two people side by side', () => [alice, group, alice], 'undecided', 'several-faces'],
    ['one person after another', () => [alice, stranger, alice], 'undecided', 'different-people'],
  ])('of %s is not granted', async (_, images, outcome, reason) => {
    await signIn();
    await enrolAlice();
    expect(await visit(...images())).toEqual({ outcome, reasons: [reason], person: null });
  });

  it('belongs to one screen', async () => {
    const { visitId } = await ask('visit.begin', {});
    const frames = [alice, alice, alice].map((image) => ({ image, capturedAt: 0 }));
    await expect(ask('visit.submit', { visitId, frames }, openScreen())).rejects.toMatchObject({
      code: 'visit-unknown',
    });
    await expect(ask('visit.submit', { visitId, frames })).resolves.toMatchObject({ outcome: 'denied' });
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

describe('the audit log', () => {
  it('names sign-ins, refusals, decisions and changes, and who made them', async () => {
    await expect(ask('operator.login', { pin: '000000' })).rejects.toMatchObject({ code: 'pin-wrong' });
    await signIn();
    const faceId = await enrolAlice();
    await visit(aliceElsewhere, aliceElsewhere, aliceElsewhere);
    await ask('settings.update', { sound: false });
    await ask('people.remove', { faceId });
    await appliance.close();
    const store = await openStore({ dir: dataDir, keyProvider: fileKeyProvider(join(root, 'key')) });
    const publicKey = await store.audit.publicKey();
    expect(await verifyLog(store.audit.lines(), { publicKey })).toMatchObject({ problem: null });
    const entries = await Array.fromAsync(store.audit.lines(), (line) => AuditRecord.parse(JSON.parse(line)));
    await store.close();
    expect(entries.map(({ actor, entry }) => [actor, entry])).toMatchObject([
      ['operator', { kind: 'collection-created' }],
      ['operator', { kind: 'sign-in-refused', code: 'pin-wrong' }],
      ['operator', { kind: 'signed-in' }],
      ['operator', { kind: 'enrolled', faceId }],
      ['device', { kind: 'decision', outcome: 'granted', faceId }],
      ['operator', { kind: 'settings-changed', changes: { sound: false } }],
      ['operator', { kind: 'erased' }],
      ['device', { kind: 'checkpoint' }],
    ]);
    const receipt = await readFile(join(dataDir, 'receipts', `${faceId}.json`), 'utf8');
    expect(verifyReceipt(receipt, publicKey)).toMatchObject({ by: 'operator', faces: [{ faceId }] });
    appliance = await openAppliance(options());
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
