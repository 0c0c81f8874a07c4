import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LOCAL_ACCOUNT } from '#core/store';
import { newReference } from '../../core/store/testing/made-up-faces.ts';
import { temporaryStore, type TemporaryStore } from '../../core/store/testing/temporary-store.ts';
import { runCli } from '../../main/cli/program.ts';
import { eventOf } from '../../main/doors/index.ts';

const ADA = `face_${'a'.repeat(32)}`;

let place: TemporaryStore;

async function lintel(...words: string[]): Promise<{ status: number; printed: string; answer: unknown }> {
  let printed = '';
  const where = ['--data', join(place.dir, 'data'), '--key-file', join(place.dir, 'key')];
  const status = await runCli([...words, ...where], {
    stdout: (text) => void (printed += text),
    stderr: () => undefined,
  });
  return { status, printed, answer: words.includes('--json') ? JSON.parse(printed) : null };
}

const write = async (name: string, value: unknown): Promise<string> => {
  const file = join(place.dir, name);
  await writeFile(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
};

beforeAll(async () => {
  place = await temporaryStore();
  const { store } = place;
  await store.createCollection(LOCAL_ACCOUNT, 'staff');
  await store.addFace(LOCAL_ACCOUNT, 'staff', {
    faceId: ADA,
    externalKey: 'e-1',
    references: [newReference()],
    metadata: {
      name: '=Ada, "Countess"',
      access: { groups: ['office'], validFrom: null, validUntil: '2026-12-31' },
    },
  });
  for (const faceId of [`face_${'b'.repeat(32)}`, `face_${'c'.repeat(32)}`]) {
    const references = [newReference()];
    await store.addFace(LOCAL_ACCOUNT, 'staff', { faceId, externalKey: null, references, metadata: {} });
    await store.setExternalKey(LOCAL_ACCOUNT, 'staff', faceId, 'twins', true);
  }
  const decision = { ...eventOf('decision', null), reasons: ['match' as const], level: 'steps' as const };
  await store.events.add({ ...decision, at: '2026-11-25T12:00:00.000Z', outcome: 'granted', faceId: ADA });
  await store.events.add({ ...eventOf('door-forced', null), at: '2026-11-25T13:00:00.000Z' });
  await store.close();
});
afterAll(() => place.remove());

it('puts access rules in force, checks a person against them, and refuses what is none', async () => {
  expect((await lintel('access', 'show')).printed).toBe('Everybody who is enrolled, at any time.\n');
  const policy = {
    timeZone: 'Europe/Berlin',
    schedules: [{ scheduleId: 'day', spans: [{ days: ['wed'], from: '08:00', to: '18:00' }] }],
    rules: [{ groups: ['office'], scheduleId: 'day' }],
  };
  expect((await lintel('access', 'set', await write('policy.json', policy))).printed).toBe(
    '1 rule(s) are in force.\n',
  );
  expect((await lintel('access', 'show', '--json')).answer).toMatchObject({ policy });

  const check = async (at: string) =>
    (await lintel('access', 'check', '--collection', 'staff', '--key', 'e-1', '--at', at, '--json')).answer;
  expect(await check('2026-11-25T12:00:00Z')).toMatchObject({ allowed: true });
  expect(await check('2026-11-25T18:00:00+01:00')).toMatchObject({
    reason: 'access-schedule',
    detail: 'day',
  });
  expect(await check('2027-01-06T12:00:00Z')).toMatchObject({ reason: 'access-expired' });
  expect(await check('2026-11-25T18:00+01:00')).toMatchObject({ reason: 'access-schedule' });
  expect(await check('2026-11-25T12:00')).not.toHaveProperty('error');
  expect(await check('noon')).toMatchObject({
    error: { code: 'usage', message: expect.stringContaining('2026-12-24T18:00') },
  });
  const twins = ['access', 'check', '--collection', 'staff', '--key', 'twins', '--json'];
  expect((await lintel(...twins)).answer).toMatchObject({ error: { code: 'usage' } });

  for (const wrong of [
    '{',
    { ...policy, rules: [{ scheduleId: 'night' }] },
    { ...policy, timeZone: 'Mars' },
  ]) {
    const { status, answer } = await lintel('access', 'set', await write('wrong.json', wrong), '--json');
    expect([status, answer]).toMatchObject([2, { error: { code: 'usage' } }]);
  }
  expect((await lintel('access', 'show', '--json')).answer).toMatchObject({ policy });
  await lintel('access', 'remove');
  expect((await lintel('access', 'show', '--json')).answer).toEqual({ policy: null, source: 'own' });
});

it('lists events by kind, person and time, and as a table that holds no formula', async () => {
  const numbers = async (...words: string[]) => {
    const { answer } = await lintel('events', ...words, '--json');
    return (answer as { events: { number: number }[] }).events.map(({ number }) => number);
  };
  expect(await numbers()).toEqual([2, 1]);
  expect(await numbers('--limit', '1')).toEqual([2]);
  expect(await numbers('--kind', 'door-forced')).toEqual([2]);
  expect(await numbers('--outcome', 'granted,denied')).toEqual([1]);
  expect(await numbers('--key', 'e-1', '--collection', 'staff')).toEqual([1]);
  expect(await numbers('--until', '2026-11-25T14:00:00+01:00')).toEqual([1]);
  for (const wrong of [
    ['--kind', 'party'],
    ['--from', 'lunch 5'],
    ['--key', 'e-1'],
    ['--limit', '0'],
  ]) {
    expect((await lintel('events', ...wrong, '--json')).answer).toMatchObject({ error: { code: 'usage' } });
  }
  const table = (await lintel('events', '--csv', '--outcome', 'granted')).printed.split('\n');
  expect(table[0]).toBe(
    'number,eventId,at,kind,doorId,direction,outcome,reasons,level,faceId,externalKey,name,visitId,detail',
  );
  expect(table[1]).toContain(`granted,match,steps,${ADA},e-1,"'=Ada, ""Countess""",,`);
});

it('keeps what opens the door, shows none of its secrets, and refuses what is none', async () => {
  expect((await lintel('door', 'show', '--json')).answer).toEqual({ door: null });
  const call = (path: string) => ({
    url: `https://relay.example/${path}?key=of-the-relay`,
    headers: { 'x-key': 'k3y' },
  });
  const config = {
    doorId: 'front',
    direction: 'in',
    actuator: { kind: 'http', open: call('open'), close: call('shut') },
  };
  const { printed } = await lintel('door', 'set', await write('door.json', config));
  expect(printed).toContain('Door front, leads in: opens for 3000 ms by http (https://relay.example).');
  expect(printed).toContain('everybody who is enrolled opens it');
  // It is tried at once, and kept although nobody is there.
  expect(printed).toMatch(/^It cannot be reached now: .*name/m);
  const { printed: shown } = await lintel('door', 'show', '--json');
  expect(JSON.parse(shown)).toMatchObject({
    door: { actuator: { kind: 'http', reaches: 'https://relay.example' } },
  });
  expect(shown).not.toMatch(/of-the-relay|k3y/);

  const plain = { ...config.actuator, open: { url: 'http://relay.example/open' } };
  for (const wrong of [
    { ...config, pulseMs: 60_000 },
    { ...config, actuator: { kind: 'magic' } },
    { ...config, actuator: { kind: 'command', open: ['relay'], close: ['/bin/true'] } },
    { ...config, actuator: plain },
    { ...config, actuator: { ...config.actuator, open: { url: 'https://me:k3y@relay.example/' } } },
    { ...config, actuator: { ...config.actuator, open: { url: 'https://10.0.0.1/' } } },
    { ...config, actuator: { ...config.actuator, close: { ...call('shut'), headers: { a: 'b\r\nc: d' } } } },
  ]) {
    const { status, answer } = await lintel('door', 'set', await write('wrong.json', wrong), '--json');
    expect([status, answer]).toMatchObject([2, { error: { code: 'usage' } }]);
  }
  const [folder, data] = [place.dir, await write('open.sh', '#!/bin/sh\n')];
  for (const program of ['/nowhere/open.sh', folder, data]) {
    for (const call of ['open', 'close', 'state'] as const) {
      const actuator = { kind: 'command', open: ['/bin/true'], close: ['/bin/true'], [call]: [program] };
      const wrong = await write('wrong.json', { ...config, actuator });
      expect((await lintel('door', 'set', wrong, '--json')).answer).toMatchObject({
        error: { code: 'usage', message: expect.stringContaining(program) },
      });
    }
  }
  // A file that never ends is not read to its end.
  expect((await lintel('door', 'set', '/dev/zero', '--json')).answer).toMatchObject({
    error: { code: 'usage', message: expect.stringContaining('too long') },
  });
  expect(JSON.stringify(await lintel('door', 'show'))).toContain('relay.example');
  await lintel('door', 'remove');
  expect((await lintel('door', 'show', '--json')).answer).toEqual({ door: null });
});

it('says which signals of a station cannot be reached, and keeps them', async () => {
  const broker = { url: 'mqtt://127.0.0.1:1' };
  const words = { commandTopic: 'lamp/set', openPayload: 'on', closePayload: 'off' };
  const lamp = { ms: 200, actuator: { kind: 'mqtt', broker, allowPlain: true, ...words } };
  const buzzer = { ms: 200, actuator: { kind: 'command', open: ['/bin/true'], close: ['/bin/true'] } };
  const file = await write('station.json', { signals: { granted: lamp, fault: buzzer } });
  const why = 'it refuses the connection';
  expect(await lintel('station', 'set', file, '--json')).toMatchObject({
    status: 0,
    answer: { problems: { granted: why, refused: null, again: null, fault: null } },
  });
  expect((await lintel('station', 'set', file)).printed).toContain(
    `granted: It cannot be reached now: ${why}.`,
  );
  expect((await lintel('station', 'show')).printed).toContain('granted: mqtt (127.0.0.1:1)');
});

it('tells addresses of events, with a secret that is shown once', async () => {
  const add = async (...words: string[]) =>
    (await lintel('webhook', 'add', ...words, '--json')).answer as {
      secret?: string;
      target?: { targetId: string };
      error?: { code: string };
    };
  const { secret, target } = await add('https://door.example/', '--kind', 'decision,tamper');
  expect(secret).toMatch(/^lintel_[\w-]{43}$/);
  for (const wrong of [
    ['http://door.example/'],
    ['https://10.0.0.1/'],
    ['ftp://x/'],
    ['https://door.example/2', '--kind', 'party'],
  ]) {
    expect((await add(...wrong)).error?.code).toBe('usage');
  }
  expect((await add('https://door.example/')).error?.code).toBe('event-target-exists');
  // It is tried at once, and kept although nobody is there.
  expect(await add('http://127.0.0.1:1/', '--allow-private')).toMatchObject({
    problem: 'it refuses the connection',
  });
  const broker = ['mqtt', 'add', 'mqtts://broker.example:8883', '--topic', 'lintel/front', '--password-file'];
  const password = await write('password', 'of-the-broker\n');
  const { status, printed: words } = await lintel(...broker, password, '--no-discovery');
  expect([status, words]).toEqual([
    0,
    expect.stringMatching(/told from now on\.\nIt cannot be reached now: .*name/),
  ]);
  for (const wrong of [
    ['mqtt://broker.example', '--topic', 'a'],
    ['https://broker.example', '--topic', 'a'],
    ['mqtts://broker.example', '--topic', 'a/#'],
    ['mqtts://me:secret@broker.example', '--topic', 'a'],
    ['mqtts://:secret@broker.example', '--topic', 'a'],
  ]) {
    expect((await lintel('mqtt', 'add', ...wrong, '--json')).answer).toMatchObject({
      error: { code: 'usage' },
    });
  }
  const { printed, answer } = await lintel('webhook', 'list', '--json');
  expect(answer).toMatchObject({
    targets: [
      { kinds: ['decision', 'tamper'], waiting: 0 },
      { url: 'http://127.0.0.1:1/', kinds: null },
      { options: { kind: 'mqtt', topic: 'lintel/front', discoveryPrefix: null } },
    ],
  });
  expect(printed).not.toContain(secret);
  expect(printed).not.toContain('of-the-broker');
  expect((await lintel('webhook', 'remove', target!.targetId)).status).toBe(0);
  expect((await lintel('webhook', 'remove', target!.targetId)).status).toBe(2);
});
