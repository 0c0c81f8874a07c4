import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { expect, it } from 'vitest';
import { AccessPolicy, DoorConfig, type Visitor } from '#contract';
import { fileKekProvider, openStore, type SqlStore } from '#core/store';
import { eventOf } from '../doors/index.ts';
import { lintel } from '../../test/support/appliance.ts';
import { appliancePerTest } from '../../test/support/appliance-per-test.ts';
import { readCode } from '../../test/support/read-code.ts';

const at = appliancePerTest();
const { ask, signIn } = at;
const HOUR = 3_600_000;

/** For commands beside the appliance. */
const place = () => ({ data: at.dataDir, keyFile: join(at.root, 'key'), remove: async () => undefined });
const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR).toISOString();
const expecting = async (name: string, from: number, until: number) =>
  await ask('visitors.add', { name, host: 'Robin', from: inHours(from), until: inHours(until) });
const enter = (code: string) => ask('visit.code', { code });
const beside = async (work: (store: SqlStore) => Promise<unknown>): Promise<void> => {
  const store = await openStore({ dir: at.dataDir, kekProvider: fileKekProvider(join(at.root, 'key')) });
  await work(store);
  await store.close();
};
/** Signed in so many hours from now. */
const cameIn = ({ visitorId }: Visitor, hours: number): Promise<void> =>
  beside((store) =>
    store.events.add({
      ...eventOf('decision', null, null, new Date(inHours(hours))),
      outcome: 'granted',
      direction: 'in',
      visitorId,
    }),
  );
const here = async () => (await ask('visitors.present', {})).present.map(({ name }) => name);

it('signs an expected visitor in and out by one code, and knows who is here', async () => {
  await signIn();
  const { visitor, code } = await expecting('Noor', -1, 1);
  expect(await here()).toEqual([]);
  const [person, host] = [{ faceId: null, name: 'Noor' }, 'Robin'];
  expect(await enter(code)).toMatchObject({ outcome: 'granted', direction: 'in', person, host });
  expect(await here()).toEqual(['Noor']);
  const out = await enter(code);
  expect(out).toMatchObject({ outcome: 'granted', direction: 'out', person });
  expect(out.host).toBeUndefined();
  expect(await here()).toEqual([]);
  await enter(code);
  await ask('visitors.sign-out', { visitorId: visitor.visitorId });
  expect(await here()).toEqual([]);

  const { events } = await ask('events.list', {});
  expect(events.map(({ kind, direction, name }) => [kind, direction, name])).toEqual([
    ['visitor-signed-out', 'out', 'Noor'],
    ['decision', 'in', 'Noor'],
    ['decision', 'out', 'Noor'],
    ['decision', 'in', 'Noor'],
  ]);
  await ask('visitors.remove', { visitorId: visitor.visitorId });
  expect(await enter(code)).toMatchObject({ outcome: 'denied', reasons: ['code-wrong'] });
  expect((await ask('events.list', { outcomes: ['granted'] })).events[0]).toMatchObject({ name: null });
});

it('lets nobody sign in too early or too late, and everybody who is here out', async () => {
  await signIn();
  const [early, late] = [await expecting('Ada', 1, 2), await expecting('Ben', -2, -1)];
  expect(await enter(early.code)).toMatchObject({
    outcome: 'denied',
    reasons: ['access-not-yet'],
    person: null,
  });
  expect(await enter(late.code)).toMatchObject({ outcome: 'denied', reasons: ['access-expired'] });
  expect(await here()).toEqual([]);

  await cameIn(late.visitor, -1.5);
  expect(await here()).toEqual(['Ben']);
  expect(await enter(late.code)).toMatchObject({ outcome: 'granted', direction: 'out' });
  expect(await here()).toEqual([]);
});

it('signs in again who forgot to sign out on the day before', async () => {
  await signIn();
  const { visitor, code } = await expecting('Noor', -48, 48);
  await cameIn(visitor, -15);
  expect(await enter(code)).toMatchObject({ outcome: 'granted', direction: 'out' });
  await cameIn(visitor, -17);
  expect(await enter(code)).toMatchObject({ outcome: 'granted', direction: 'in', host: 'Robin' });
});

it('takes no visitor as here, nor as gone, to whom the door did not open', async () => {
  // A copy into a folder that is not there fails.
  const [relay, opened] = [join(at.root, 'relay'), join(at.root, 'relay', 'key')];
  const open = ['/bin/cp', join(at.root, 'key'), opened];
  const actuator = { kind: 'command', open, close: ['/bin/true'], limitMs: 5_000 };
  await at.close();
  await beside((store) =>
    store.door.setConfig(DoorConfig.parse({ doorId: 'front', actuator, pulseMs: 500 })),
  );
  await at.open();
  await signIn();
  const { code } = await expecting('Noor', -1, 1);
  const enterBroken = async (direction: 'in' | 'out', faults: number): Promise<void> => {
    expect(await enter(code)).toMatchObject({ outcome: 'granted', direction });
    await expect
      .poll(async () => (await ask('events.list', { kinds: ['door-fault'] })).events)
      .toHaveLength(faults);
  };
  await enterBroken('in', 1);
  expect(await here()).toEqual([]);
  mkdirSync(relay);
  expect(await enter(code)).toMatchObject({ outcome: 'granted', direction: 'in' });
  expect(await here()).toEqual(['Noor']);
  await expect.poll(() => existsSync(opened)).toBe(true);
  rmSync(relay, { recursive: true });
  await enterBroken('out', 2);
  expect(await here()).toEqual(['Noor']);
  const { events } = await ask('events.list', { kinds: ['door-fault'] });
  expect(events.map(({ name, direction }) => [name, direction])).toEqual([
    ['Noor', 'out'],
    ['Noor', 'in'],
  ]);
});

/** Starts anew at a door that notes that it opened. @returns whether it did since */
async function atDoor(direction: 'in' | 'out' | null, policy: object | null = null): Promise<() => boolean> {
  await at.close();
  const opened = join(at.root, 'opened');
  const actuator = { kind: 'command', open: ['/usr/bin/touch', opened], close: ['/bin/true'] };
  await beside(async (store) => {
    await store.door.setConfig(DoorConfig.parse({ doorId: 'front', direction, actuator, pulseMs: 500 }));
    if (policy !== null) await store.door.setPolicy(AccessPolicy.parse({ timeZone: 'UTC', ...policy }));
  });
  await at.open();
  await signIn();
  return () => existsSync(opened);
}

it.each([
  ['in', 'denied', ['Noor']],
  [null, 'denied', ['Noor']],
  ['out', 'granted', []],
] as const)('after the visit asks a door that leads %s: %s', async (direction, outcome, stillHere) => {
  const hasOpened = await atDoor(direction);
  const { visitor, code } = await expecting('Noor', -10 * 24, -9 * 24);
  await cameIn(visitor, -9.5 * 24);
  const opens = outcome === 'granted';
  const decision = await enter(code);
  expect(decision).toMatchObject({ outcome, reasons: [opens ? 'code' : 'access-expired'] });
  expect(decision.direction).toBe(opens ? 'out' : undefined);
  // Who was kept inside is on the list still.
  expect(await here()).toEqual(stillHere);
  await at.close();
  expect(hasOpened()).toBe(opens);
  await at.open();
});

/** Visitors at no time. */
const NEVER = {
  schedules: [{ scheduleId: 'never', spans: [{ days: ['holiday'], from: '00:00', to: '24:00' }] }],
  rules: [{ groups: ['visitors'], scheduleId: 'never' }],
};

it('lets out who is here, whatever their schedule, and nobody else', async () => {
  await atDoor('out', NEVER);
  const { visitor, code } = await expecting('Noor', -1, 1);
  const denied = { outcome: 'denied', reasons: ['access-schedule'] };
  expect(await enter(code)).toMatchObject(denied);
  await cameIn(visitor, -0.5);
  expect(await here()).toEqual(['Noor']);
  expect(await enter(code)).toMatchObject({ outcome: 'granted', direction: 'out' });
  expect(await here()).toEqual([]);
  expect(await enter(code)).toMatchObject(denied);
});

it('takes nobody as gone whom the exit refused', async () => {
  await atDoor('out', { ...NEVER, codes: false });
  const { visitor, code } = await expecting('Noor', -1, 1);
  await cameIn(visitor, -0.5);
  expect(await enter(code)).toMatchObject({ outcome: 'denied', reasons: ['access-assurance'] });
  expect(await here()).toEqual(['Noor']);
});

it('signs nobody out at a door that leads in, and lets nobody in twice where that is denied', async () => {
  await atDoor('in');
  const { code } = await expecting('Noor', -1, 1);
  const granted = { outcome: 'granted', direction: 'in' };
  expect(await enter(code)).toMatchObject(granted);
  expect(await enter(code)).toMatchObject(granted);
  expect(await here()).toEqual(['Noor']);
  await atDoor('in', { rules: [{}], antiPassback: { kind: 'direction', forgetAfterMinutes: 60 } });
  expect(await enter(code)).toMatchObject({ outcome: 'denied', reasons: ['access-passback'] });
  expect(await here()).toEqual(['Noor']);
});

/** A QR code of modules that an SVG draws one by one: this process reads no SVG, since none may come as a picture. */
function drawn(file: string): Sharp {
  const svg = readFileSync(file, 'utf8');
  const side = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);
  const pixels = Buffer.alloc(side * side, 255);
  for (const [, x, y] of svg.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) pixels[Number(y) * side + Number(x)] = 0;
  return sharp(pixels, { raw: { width: side, height: side, channels: 1 } }).png();
}

it('draws the code of a visitor, so that a camera may read it', async () => {
  await signIn();
  const [svg, png, taken] = ['svg', 'png', 'svg'].map((kind) => join(at.root, `code.${kind}`)) as [
    string,
    string,
    string,
  ];
  const add = (file: string) => lintel(place(), 'visitor', 'add', '--name', 'Noor', '--qr', file);
  for (const file of [svg, png]) {
    const { code } = (await add(file)).answer as { code: string };
    expect(
      await readCode(await (file === svg ? drawn(file) : sharp(readFileSync(file))).resize(300).toBuffer()),
    ).toBe(code);
    expect(await enter(code)).toMatchObject({ outcome: 'granted', direction: 'in' });
  }
  expect((await add(taken)).answer).toMatchObject({ error: { code: 'file-exists' } });
  expect((await add(join(at.root, 'code.pdf'))).answer).toMatchObject({ error: { code: 'usage' } });
  expect((await ask('visitors.list', {})).total).toBe(2);
});

it('is told of visitors at the command line, and forgets them when they are old', async () => {
  await signIn();
  const added = await lintel(
    place(),
    'visitor',
    'add',
    '--name',
    'Noor',
    '--host',
    'Robin',
    '--host-email',
    'r@site.example',
  );
  const { code, visitor } = added.answer as { code: string; visitor: { visitorId: string; until: string } };
  expect(await enter(code)).toMatchObject({ outcome: 'granted', direction: 'in' });
  // A decision waits for no event.
  expect(await here()).toEqual(['Noor']);
  expect((await lintel(place(), 'visitor', 'here')).answer['present']).toMatchObject([
    { kind: 'visitor', name: 'Noor', host: 'Robin' },
  ]);
  expect((await lintel(place(), 'visitor', 'sign-out', visitor.visitorId)).status).toBe(0);
  expect((await lintel(place(), 'visitor', 'list')).answer['visitors']).toMatchObject([
    { visitorId: visitor.visitorId, hostEmail: 'r@site.example', signedOutAt: expect.any(String) },
  ]);
  const ended = await lintel(place(), 'visitor', 'add', '--name', 'Old', '--until', '2020-01-01');
  expect(ended.answer['error']).toMatchObject({ message: expect.stringMatching(/\. A visit ends after it/) });
  const past = await lintel(place(), 'visitor', 'add', '--name', 'Old', '--from', '2020-01-01');
  expect(past.status).toBe(0);
  expect((await lintel(place(), 'retention')).answer).toMatchObject({ visitors: 1 });
  expect((await lintel(place(), 'visitor', 'list')).answer['visitors']).toMatchObject([{ name: 'Noor' }]);
  expect((await lintel(place(), 'visitor', 'remove', visitor.visitorId)).status).toBe(0);
  for (const args of [
    ['visitor', 'add', '--name', 'Noor', '--until', 'soon'],
    ['visitor', 'add', '--name', 'Noor', '--host-email', 'nobody'],
    ['visitor', 'add', '--name', 'Noor', '--from', '2026-12-02', '--until', '2026-12-01'],
    ['visitor', 'remove', visitor.visitorId],
    ['mail', 'add', 'https://mail.example', '--from', 'a@site.example'],
    ['mail', 'add', 'smtp://me:secret@mail.example', '--from', 'a@site.example'],
    ['mail', 'add', 'smtp://mail.example', '--from', 'nobody'],
  ]) {
    expect([args, (await lintel(place(), ...args)).status]).toEqual([args, 2]);
  }
});
