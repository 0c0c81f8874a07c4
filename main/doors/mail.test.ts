import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileKekProvider, openStore, type SqlStore } from '#core/store';
import { expectVisitor } from '../visitors/index.ts';
import { eventOf } from './event-log.ts';
import { createTeller } from './event-targets.ts';
import { letterOf } from './mail-teller.ts';
import { TargetFaults } from './target-faults.ts';
import { problemOf, tryTarget } from './try-target.ts';
import { keptUntilKilled } from './testing/killed-process.ts';

const log = pino({ level: 'silent' });
const HOUR = 3_600_000;

let dir: string;
let store: SqlStore;
let server: SMTPServer;
let url: string;
let time: number;
/** What the server says to recipients, to senders and to who signs in; null: welcome. */
let refusals: (number | string | null)[];
let senderRefusals: (number | null)[];
let authRefusals: number[];
let letters: { to: string[]; text: string }[];
let signedIn: string[];

const openPlace = (): Promise<SqlStore> =>
  openStore({ dir: join(dir, 'data'), kekProvider: fileKekProvider(join(dir, 'key')) });

async function take(
  stream: SMTPServerDataStream,
  { envelope }: SMTPServerSession,
  done: (error: null) => void,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  letters.push({
    to: envelope.rcptTo.map(({ address }) => address),
    text: Buffer.concat(chunks).toString(),
  });
  done(null);
}

/** @param refusal a code, and what more is said */
const errorOf = (refusal: number | string | null = null): Error | null => {
  if (refusal === null) return null;
  const [code, ...more] = String(refusal).split(' ');
  return Object.assign(new Error(more.join(' ') || 'refused'), { responseCode: Number(code) });
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-mail-'));
  store = await openPlace();
  time = Date.now();
  [letters, refusals, senderRefusals, authRefusals, signedIn] = [[], [], [], [], []];
  server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) => {
      const refusal = errorOf(authRefusals.shift());
      if (refusal !== null) return done(refusal);
      signedIn.push(`${username} ${password}`);
      return done(null, { user: username });
    },
    onMailFrom: (_address, _session, done) => done(errorOf(senderRefusals.shift())),
    onRcptTo: (_address, _session, done) => done(errorOf(refusals.shift())),
    onData: (stream, session, done) => void take(stream, session, done),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await store.close();
  await new Promise<void>((resolve) => server.close(resolve));
  await rm(dir, { recursive: true });
});

const OPTIONS = {
  kind: 'smtp',
  username: null,
  ca: null,
  allowPlain: true,
  from: 'lintel@site.example',
  to: null,
} as const;
const add = (options = {}) =>
  store.eventTargets.add({ url, secret: 'of-the-sender', options: { ...OPTIONS, ...options }, kinds: null });
const tell = () => createTeller(store.eventTargets, log, { now: () => new Date(time) }).run();
const waiting = async () => (await store.eventTargets.list()).map((target) => target.waiting);

async function expectNoor(hostEmail: string | null = 'host@site.example') {
  const [from, until] = [new Date(time - HOUR), new Date(time + HOUR)].map((at) => at.toISOString());
  const visitor = { name: 'Noor', host: 'Robin', hostEmail, from: from!, until: until! };
  return (await expectVisitor(store, visitor)).visitor.visitorId;
}
const comes = (visitorId: string, direction: 'in' | 'out' = 'in') =>
  store.events.add({
    ...eventOf('decision', null),
    outcome: 'granted',
    reasons: ['code'],
    level: 'code',
    direction,
    visitorId,
  });

it('writes to the host of a visitor who signed in, and about nothing else', async () => {
  await add({ username: 'lintel' });
  await store.events.add(eventOf('tamper', null));
  const noor = await expectNoor();
  await comes(noor);
  await comes(noor, 'out');
  await comes(await expectNoor(null));
  await tell();
  expect(letters.map(({ to }) => to)).toEqual([['host@site.example']]);
  expect(letters[0]?.text).toMatch(/Subject: Noor is here/);
  expect(letters[0]?.text).toMatch(/to visit Robin/);
  expect(signedIn).toEqual(['lintel of-the-sender']);
  expect(await waiting()).toEqual([0]);
});

it('is tried by signing in, and nothing is written', async () => {
  const tried = (password: string) => problemOf(tryTarget(url, { ...OPTIONS, username: 'lintel' }, password));
  expect(await tried('of-the-sender')).toBeNull();
  expect(signedIn).toEqual(['lintel of-the-sender']);
  authRefusals = [535];
  expect(await tried('wrong')).toBe('it answered 535');
  expect(letters).toEqual([]);
});

it('is not taken for reached by an event of which nobody is written to', async () => {
  await add();
  const faults = new TargetFaults(log);
  faults.failed(url, new Error('away'));
  const teller = createTeller(store.eventTargets, log, { faults });
  await store.events.add(eventOf('tamper', null));
  await teller.run();
  expect([await waiting(), faults.has(url)]).toEqual([[0], true]);
  await comes(await expectNoor());
  await teller.run();
  expect([letters.length, faults.has(url)]).toEqual([1, false]);
});

it('goes to one desk where that is set, and never without TLS unless that is permitted', async () => {
  await add({ to: 'desk@site.example', allowPlain: false });
  await comes(await expectNoor());
  await tell();
  expect([letters, await waiting()]).toEqual([[], [1]]);
  const [target] = await store.eventTargets.list();
  await store.eventTargets.remove(target!.targetId);
  await add({ to: 'desk@site.example' });
  await comes(await expectNoor(null));
  await tell();
  expect(letters.map(({ to }) => to)).toEqual([['desk@site.example']]);
});

it('tries again what the server does not take now, and goes on behind a host it does not know', async () => {
  await add();
  refusals = [451, null, 550];
  for (let i = 0; i < 3; i++) await comes(await expectNoor(`host-${i}@site.example`));
  await tell();
  expect([letters, await waiting()]).toEqual([[], [3]]);
  time += 1_000;
  await tell();
  expect(letters.map(({ to }) => to)).toEqual([['host-0@site.example'], ['host-2@site.example']]);
  expect(await waiting()).toEqual([0]);
});

it.each<[string, () => void]>([
  ['refuses the sender', () => (senderRefusals = [550])],
  ['refuses the sender only when it hears of a host', () => (refusals = ['550 5.1.8 No such domain'])],
  ['says so of another sender', () => (refusals = ['553 5.1.7 No such sender'])],
])('throws no letter away that the server does not take since it %s', async (_, refuse) => {
  await add();
  await comes(await expectNoor());
  refuse();
  await tell();
  expect([letters, await waiting()]).toEqual([[], [1]]);
  time += 1_000;
  await tell();
  expect(letters.map(({ to }) => to)).toEqual([['host@site.example']]);
  expect(await waiting()).toEqual([0]);
});

it('loses nothing of what a process that was killed had kept', async () => {
  await add();
  const noor = await expectNoor();
  await store.close();
  const kept = await keptUntilKilled(5, [join(dir, 'data'), join(dir, 'key'), noor]);
  store = await openPlace();
  await tell();
  const told = letters.map(({ text }) => /Message-ID: <(evt_[0-9a-f]{32})@lintel>/.exec(text)?.[1]);
  expect(told).toEqual(expect.arrayContaining(kept));
  expect(new Set(told).size).toBe(told.length);
});

it('is no letter without a name, or to nobody', () => {
  const event = { ...eventOf('decision', null), eventId: `evt_${'0'.repeat(32)}`, outcome: 'granted' };
  const visitor = { name: 'Noor', host: null, hostEmail: 'h@site.example' };
  const letter = (told: object) =>
    letterOf({ from: 'l@site.example', to: null }, JSON.stringify({ ...event, direction: 'in', ...told }));
  expect(letter({ visitor })).toMatchObject({ to: 'h@site.example', subject: 'Noor is here' });
  expect(letter({})).toBeNull();
  expect(letter({ visitor, outcome: 'denied' })).toBeNull();
  expect(letter({ visitor: { ...visitor, hostEmail: null } })).toBeNull();
});
