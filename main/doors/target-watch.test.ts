import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { StationConfig } from '#contract';
import type { SqlStore } from '#core/store';
import { temporaryStore, type TemporaryStore } from '../../core/store/testing/temporary-store.ts';
import { createEventLog, eventOf } from './event-log.ts';
import { startTelling } from './event-targets.ts';
import type { TargetWatch } from './target-watch.ts';
import { Mosquitto, MOSQUITTO } from './testing/mosquitto.ts';
import { problemOf, tryActuator, tryTarget } from './try-target.ts';

const often = { interval: 10 };
const WEBHOOK = { kind: 'webhook', allowPrivate: true } as const;
const BROKER = {
  kind: 'mqtt',
  username: null,
  ca: null,
  topic: 'lintel/front',
  discoveryPrefix: null,
} as const;

let place: TemporaryStore;
let store: SqlStore;
/** What was logged. */
let said: { level: number; target?: string; why?: string }[];
let watch: TargetWatch | null;
/** How often it was told whether telling fails, and what. */
let changes: boolean[];

beforeEach(async () => {
  place = await temporaryStore();
  ({ store } = place);
  [said, changes, watch] = [[], [], null];
});
afterEach(async () => {
  await watch?.end();
  await place.remove();
});

const start = (): void => {
  const write = (line: string): void => void said.push(JSON.parse(line) as (typeof said)[0]);
  const log = pino({}, { write });
  const onChange = (): void => void changes.push(watch!.isFailing());
  const events = createEventLog(store.events, log);
  watch = startTelling(store.eventTargets, events, log, { onChange, lookEveryMs: 10 });
};

/** Takes connections, or what is given, at a port of its own or this one. */
async function listening(port = 0, connected = (): void => undefined): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).destroy();
    connected();
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return server;
}
const closed = (server: Server): Promise<unknown> => new Promise((resolve) => server.close(resolve));
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

it('a receiver that is set beside the appliance is tried, and again until it is reached', async () => {
  start();
  const server = await listening();
  const target = `http://127.0.0.1:${portOf(server)}`;
  await closed(server);
  const url = `${target}/secret`;
  await store.eventTargets.add({ url, secret: 'x', options: WEBHOOK, kinds: null });
  await expect.poll(() => changes, often).toEqual([true]);
  expect(said).toMatchObject([{ level: 50, target, why: 'it refuses the connection' }]);
  await listening(Number(new URL(target).port));
  await expect.poll(() => changes, often).toEqual([true, false]);
  expect(said.slice(1)).toMatchObject([{ level: 30, target }]);
  expect(JSON.stringify(said)).not.toContain('secret');
});

it('a receiver that did not take what an appliance before told it fails from the start, until it is removed', async () => {
  const url = `http://127.0.0.1:${portOf(await listening())}`;
  const { targetId } = await store.eventTargets.add({ url, secret: 'x', options: WEBHOOK, kinds: null });
  await store.events.add(eventOf('tamper', null));
  const [waiting] = await store.eventTargets.waiting(new Date());
  const [due] = await store.eventTargets.due(waiting!.webhook, new Date(), 1);
  // By its clock the next try is in a quarter of an hour.
  for (let i = 0; i < 20; i++) await store.eventTargets.refused(due!.id, new Date());
  start();
  await expect.poll(() => changes, often).toEqual([true]);
  expect(said).toEqual([]);
  await store.eventTargets.remove(targetId);
  await expect.poll(() => changes, often).toEqual([true, false]);
});

it('is tried without a word of HTTP, and over TLS where it is https', async () => {
  let connections = 0;
  const server = await listening(0, () => void (connections += 1));
  const url = `http://127.0.0.1:${portOf(server)}/`;
  const tried = (address: string, options: typeof WEBHOOK | { kind: 'webhook'; allowPrivate: false }) =>
    problemOf(tryTarget(address, options, 'x'));
  expect(await tried(url, WEBHOOK)).toBeNull();
  await expect.poll(() => connections).toBe(1);
  expect(await tried(url, { kind: 'webhook', allowPrivate: false })).toBe('not a protocol that is spoken');
  expect(await tried(url.replace('http:', 'https:'), WEBHOOK)).toBe('it ended the connection');
});

const actuatorOf = (actuator: object) =>
  StationConfig.parse({ signals: { granted: { ms: 200, actuator } } }).signals.granted!.actuator;

it('a relay with an HTTP interface is connected to at each of its hosts', async () => {
  const server = await listening();
  const open = { url: `http://127.0.0.1:${portOf(server)}/open?for={s}` };
  const relay = (close: string, others = {}) =>
    actuatorOf({ kind: 'http', open, close: { url: close }, allowHttp: true, allowPrivate: true, ...others });
  expect(await problemOf(tryActuator(relay(open.url)))).toBeNull();
  expect(await problemOf(tryActuator(relay(open.url, { allowPrivate: false })))).toBe('not a public address');
  const gone = await listening();
  const shut = `http://127.0.0.1:${portOf(gone)}/shut`;
  await closed(gone);
  expect(await problemOf(tryActuator(relay(shut)))).toBe('it refuses the connection');
});

// Set-up brings the broker for tests; without it this is all that can be said of MQTT.
describe.runIf(MOSQUITTO !== null)('a real broker', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lintel-watch-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  const startBroker = async (settings: readonly string[] = []): Promise<Mosquitto> => {
    const broker = await Mosquitto.start(dir, settings);
    onTestFinished(() => broker.stop());
    return broker;
  };
  const add = (url: string, options: Partial<typeof BROKER> | { topic: string } = {}) =>
    store.eventTargets.add({ url, secret: '', options: { ...BROKER, ...options }, kinds: null });

  it('that is set beside the appliance is told that it is there, and no more once it is removed', async () => {
    const broker = await startBroker();
    const listener = await broker.client();
    onTestFinished(() => void listener.end(true));
    const heard: string[] = [];
    listener.on('message', (topic, payload) => void heard.push(`${topic} ${payload.toString()}`));
    await listener.subscribeAsync('lintel/#', { qos: 1 });
    start();
    const { targetId } = await add(broker.url);
    await expect.poll(() => heard, often).toEqual(['lintel/front/status online']);
    await store.eventTargets.remove(targetId);
    await expect.poll(() => heard.slice(1), often).toEqual(['lintel/front/status offline']);
    await add(broker.url, { topic: 'lintel/side' });
    await expect.poll(() => heard.slice(2), often).toEqual(['lintel/side/status online']);
    expect([said, changes]).toEqual([[], []]);
  });

  it('that is away fails from the start until it is back, and is logged once each', async () => {
    const broker = await startBroker();
    await broker.stop();
    let tries = 0;
    const inItsPlace = await listening(broker.port, () => void (tries += 1));
    await add(broker.url);
    start();
    await expect.poll(() => tries, often).toBeGreaterThan(1);
    await expect.poll(() => changes, often).toEqual([true]);
    await closed(inItsPlace);
    await broker.start();
    await expect.poll(() => changes, often).toEqual([true, false]);
    expect(said).toMatchObject([
      { level: 50, target: broker.url, why: 'it ended the connection' },
      { level: 30, target: broker.url },
    ]);
  });

  it('that lets nobody in without a password says so, to a door and to events', async () => {
    const broker = await startBroker(['allow_anonymous false']);
    const why = expect.stringContaining('Not authorized') as unknown;
    expect(await problemOf(tryTarget(broker.url, { ...BROKER, username: 'lintel' }, 'wrong'))).toEqual(why);
    const lamp = actuatorOf({
      kind: 'mqtt',
      broker: { url: broker.url, username: 'lintel', password: 'wrong' },
      allowPlain: true,
      commandTopic: 'lamp/set',
      openPayload: 'on',
      closePayload: 'off',
    });
    expect(await problemOf(tryActuator(lamp))).toEqual(expect.stringContaining('ot authorized'));
  });

  it('that speaks no TLS, or is not there, says so', async () => {
    const broker = await startBroker();
    expect(await problemOf(tryTarget(broker.url, BROKER, ''))).toBeNull();
    expect(await problemOf(tryTarget(broker.url.replace('mqtt:', 'mqtts:'), BROKER, ''))).toMatch(
      /TLS|ended the connection/,
    );
    await broker.stop();
    expect(await problemOf(tryTarget(broker.url, BROKER, ''))).toBe('it refuses the connection');
  });
});
