import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KeptEvent } from '#contract';
import type { SqlStore } from '#core/store';
import { temporaryStore, type TemporaryStore } from '../../core/store/testing/temporary-store.ts';
import { createTeller, startTelling } from './event-targets.ts';
import { createEventLog, eventOf } from './event-log.ts';
import { keptUntilKilled } from './testing/killed-process.ts';

const SECRET = 'of-the-receiver';
const log = pino({ level: 'silent' });
const Body = KeptEvent.omit({ name: true }).strict();

let place: TemporaryStore;
let store: SqlStore;
let server: Server;
let url: string;
/** What the receiver answers; null: nothing. */
let answers: (number | null)[];
let taken: { body: string; headers: IncomingMessage['headers'] }[];
let time: number;

beforeEach(async () => {
  place = await temporaryStore();
  ({ store } = place);
  [answers, taken] = [[], []];
  time = Date.UTC(2026, 10, 29);
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const status = answers.length > 0 ? answers.shift()! : 204;
    if (status === 204) taken.push({ body: Buffer.concat(chunks).toString(), headers: request.headers });
    if (status === null) request.socket.destroy();
    else response.writeHead(status).end();
  };
  server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/door`;
});
afterEach(async () => {
  await store.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await place.remove();
});

const add = (allowPrivate = true, kinds: ('tamper' | 'door-forced')[] | null = null) =>
  store.eventTargets.add({ url, secret: SECRET, options: { kind: 'webhook', allowPrivate }, kinds });
const happen = (kind: 'tamper' | 'door-forced') => store.events.add(eventOf(kind, null));
const tell = () => createTeller(store.eventTargets, log, { now: () => new Date(time) }).run();
const kinds = () => taken.map(({ body }) => Body.parse(JSON.parse(body)).kind);

it('tells each event from then on, signed with the time', async () => {
  await happen('tamper');
  await add();
  await happen('door-forced');
  await tell();
  const [{ body, headers }] = taken as [(typeof taken)[0]];
  expect(Body.parse(JSON.parse(body))).toMatchObject({ kind: 'door-forced', number: 2, externalKey: null });
  expect(headers['x-lintel-timestamp']).toBe(String(time / 1000));
  const signature = createHmac('sha256', SECRET)
    .update(`${time / 1000}.${body}`)
    .digest('hex');
  expect(headers['x-lintel-signature']).toBe(signature);
  expect(await store.eventTargets.list()).toMatchObject([{ waiting: 0, attempts: 0 }]);
});

it('tells only the kinds that are wanted', async () => {
  await add(true, ['door-forced']);
  for (const kind of ['tamper', 'door-forced', 'tamper'] as const) await happen(kind);
  await tell();
  expect(kinds()).toEqual(['door-forced']);
});

it('tells in order what was not taken, after a rest that doubles to a quarter of an hour', async () => {
  await add();
  answers = [500, null, 302];
  await happen('tamper');
  await happen('door-forced');
  await tell();
  await tell();
  expect(await store.eventTargets.list()).toMatchObject([{ waiting: 2, attempts: 1 }]);
  time += 1_000;
  await tell();
  time += 1_999;
  await tell();
  expect(await store.eventTargets.list()).toMatchObject([{ waiting: 2, attempts: 2 }]);
  time += 1;
  await tell();
  expect(taken).toEqual([]);
  time += 4_000;
  await tell();
  expect(kinds()).toEqual(['tamper', 'door-forced']);

  answers = Array.from({ length: 40 }, () => 500);
  await happen('tamper');
  for (let i = 0; i < 40; i++) {
    await tell();
    time += 15 * 60_000;
  }
  expect(answers).toEqual([]);
  await tell();
  expect(kinds()).toEqual(['tamper', 'door-forced', 'tamper']);
});

it('tells at once what was refused by a clock that was ahead', async () => {
  await add();
  answers = [500];
  await happen('tamper');
  time += 10 * 365 * 86_400_000;
  await tell();
  time -= 10 * 365 * 86_400_000;
  await tell();
  expect(kinds()).toEqual(['tamper']);
});

it('does not reach a private address without leave', async () => {
  await add(false);
  await happen('tamper');
  await tell();
  expect([taken, await store.eventTargets.list()]).toMatchObject([[], [{ waiting: 1, attempts: 1 }]]);
});

it('tells nothing any more once it is removed, and refuses the same address twice', async () => {
  const { targetId } = await add();
  await expect(add()).rejects.toMatchObject({ code: 'event-target-exists' });
  await happen('tamper');
  await store.eventTargets.remove(targetId);
  await tell();
  expect(taken).toEqual([]);
  await expect(store.eventTargets.remove(targetId)).rejects.toMatchObject({ code: 'event-target-not-found' });
});

it('logs once that a receiver does not take it, and once that it does again, without the path of its address', async () => {
  await add();
  const said: { level: number; why?: string }[] = [];
  const write = (line: string): void => void said.push(JSON.parse(line) as (typeof said)[0]);
  const teller = createTeller(store.eventTargets, pino({}, { write }), { now: () => new Date(time) });
  answers = [404, 500];
  await happen('tamper');
  for (let i = 0; i < 3; i++) {
    await teller.run();
    time += 60_000;
  }
  expect(kinds()).toEqual(['tamper']);
  expect(said).toMatchObject([{ level: 50, why: 'it answered 404' }, { level: 30 }]);
  expect(JSON.stringify(said)).not.toMatch(/\/door|of-the-receiver/);
});

it('tells in the background, also what a process that was killed had kept', async () => {
  await add();
  await store.close();
  const kept = await keptUntilKilled(20, [join(place.dir, 'data'), join(place.dir, 'key')]);

  store = await place.open();
  const events = createEventLog(store.events, log);
  const telling = startTelling(store.eventTargets, events, log);
  await events.add(eventOf('door-forced', null));
  await expect.poll(kinds).toContain('door-forced');
  await telling.end();
  const told = taken.map(({ body }) => Body.parse(JSON.parse(body)));
  expect(told.map(({ eventId }) => eventId)).toEqual(expect.arrayContaining(kept));
  expect(told.map(({ number }) => number)).toEqual(told.map((_event, i) => i + 1));
});
