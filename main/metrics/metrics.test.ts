import { createServer } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileKekProvider, openStore, type SqlStore } from '#core/store';
import { createEventLog, eventOf } from '../doors/index.ts';
import { dropMetrics, keepMetrics, startMetrics } from './index.ts';

const log = pino({ level: 'silent' });

let dir: string;
let store: SqlStore;
let end: () => Promise<void>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-metrics-'));
  store = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
});
afterEach(async () => {
  await end();
  await store.close();
  await rm(dir, { recursive: true });
});

async function start() {
  const events = createEventLog(store.events, log);
  const sources = { events, targets: store.eventTargets, enrolled: async () => 7 };
  const started = await startMetrics(store, sources, log);
  end = started.end;
  const get = (path: string, token?: string, method = 'GET') =>
    fetch(`http://127.0.0.1:${started.port}${path}`, {
      method,
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    });
  return { events, port: started.port, get };
}

it('are off unless they are set, and counted for those who have the token', async () => {
  expect((await start()).port).toBeNull();
  const token = await keepMetrics(store, 0);
  const { events, get } = await start();
  await events.add(eventOf('tamper', null));
  const decided = { ...eventOf('decision', null), outcome: 'denied', level: 'steps' } as const;
  await events.add(decided);
  await events.add(decided);
  const answer = await get('/metrics', token);
  expect(answer.status).toBe(200);
  const lines = (await answer.text()).split('\n');
  expect(lines).toContain('lintel_events_total{kind="decision",outcome="denied",level="steps"} 2');
  expect(lines).toContain('lintel_events_total{kind="tamper",outcome="",level=""} 1');
  expect(lines).toContain('lintel_enrolled_people 7');
  expect(lines).toContain('lintel_event_deliveries_waiting 0');

  const statuses = [
    get('/metrics'),
    get('/metrics', `${token}x`),
    get('/', token),
    get('/metrics', token, 'POST'),
  ];
  expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([401, 401, 404, 405]);
  expect(Buffer.from((await store.getSecret('metrics'))!).toString()).not.toContain(token);
});

it('end with the next start once they are taken away, and hinder nothing where the port is taken', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', () => resolve()));
  const address = other.address();
  await keepMetrics(store, typeof address === 'object' && address !== null ? address.port : 0);
  expect((await start()).port).toBeNull();
  await end();
  await new Promise((resolve) => other.close(resolve));
  await dropMetrics(store);
  expect((await start()).port).toBeNull();
});
