import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MqttClient } from 'mqtt';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  BinarySensorDiscovery,
  DiscoveryTopic,
  DoorConfig,
  EventDiscovery,
  type ActuatorConfig,
  type DoorReading,
} from '#contract';
import { fileKekProvider, newEventId, openStore, type SqlStore } from '#core/store';
import { openActuator } from './actuators.ts';
import { UnansweredError, type Actuator, type SensorListener } from './actuator.ts';
import { createEventLog, eventOf } from './event-log.ts';
import { startTelling } from './event-targets.ts';
import { discoveryOf, messagesOf } from './home-assistant.ts';
import { createMqttActuator } from './mqtt-actuator.ts';
import { MqttLink } from './mqtt-link.ts';
import { DYNAMIC_SECURITY, Mosquitto, MOSQUITTO } from './testing/mosquitto.ts';

const OPTIONS = {
  kind: 'mqtt',
  username: null,
  ca: null,
  topic: 'lintel/front',
  discoveryPrefix: 'homeassistant',
} as const;
const log = pino({ level: 'silent' });
const often = { interval: 10 };

describe('the discovery of Home Assistant', () => {
  it('is as its documentation has it', () => {
    const messages = discoveryOf(OPTIONS);
    expect(messages.map(({ topic }) => topic)).toEqual([
      'homeassistant/event/lintel_front/decision/config',
      'homeassistant/binary_sensor/lintel_front/alarm/config',
      'homeassistant/binary_sensor/lintel_front/fault/config',
      'homeassistant/binary_sensor/lintel_front/tamper/config',
    ]);
    for (const { topic, payload, retain } of messages) {
      expect(DiscoveryTopic.safeParse(topic).success).toBe(true);
      const schema = topic.includes('/event/') ? EventDiscovery : BinarySensorDiscovery;
      expect(schema.safeParse(JSON.parse(payload)).error).toBeUndefined();
      expect(retain).toBe(true);
    }
    const ids = messages.map(({ payload }) => (JSON.parse(payload) as { unique_id: string }).unique_id);
    expect(new Set(ids).size).toBe(4);
  });

  it.each([
    ['door-fault', 'not shut', ['ON']],
    ['door-fault', 'not opened', ['ON']],
    // A refusal is told of the person, and has no end.
    ['door-fault', 'not opened: it is not certain that it is shut', []],
    ['door-mended', null, ['OFF']],
  ] as const)('has a fault of the door by %s, %s: %s', (kind, detail, states) => {
    const body = JSON.stringify({ ...eventOf(kind, null, detail), eventId: newEventId() });
    const messages = messagesOf(OPTIONS, body).filter(({ topic }) => topic === 'lintel/front/fault');
    expect(messages.map(({ payload }) => payload)).toEqual(states);
  });

  it('is left out where it is not wanted', () => {
    expect(discoveryOf({ ...OPTIONS, discoveryPrefix: null })).toEqual([]);
  });
});

describe('a link to a broker', () => {
  it('that ends before it has begun to connect never does', async () => {
    let said = '';
    const server = createServer((socket) => {
      socket.on('error', () => undefined).on('data', (packet) => void (said += packet.toString('latin1')));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const broker = { url: `mqtt://127.0.0.1:${port}`, username: null, password: null, ca: null };
    const linkOf = (topic: string) =>
      new MqttLink({ broker, protocolVersion: 4, will: { topic, payload: 'shut', retain: false } });
    await linkOf('the-first').end();
    const second = linkOf('the-second');
    await expect.poll(() => said).toContain('the-second');
    await second.end();
    server.close();
    expect(said).not.toContain('the-first');
  });

  it('that knows no MQTT 5 says so', async () => {
    // What MQTT 3.1.1 answers to a version that it does not know.
    const refusal = Buffer.from([0x20, 2, 0, 1]);
    const server = createServer((socket) => {
      socket.on('error', () => undefined).once('data', () => socket.end(refusal));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const broker = { url: `mqtt://127.0.0.1:${port}`, username: null, password: null, ca: null };
    const will = { topic: 'relay', payload: 'shut', retain: false };
    const link = new MqttLink({ broker, protocolVersion: 5, will });
    const told = () => link.publish('relay', 'open', { limitMs: 200 }).catch(String);
    await expect.poll(told, { interval: 10 }).toContain('Unacceptable protocol version');
    await link.end();
    server.close();
  });
});

// Set-up brings the broker for tests; without it this is all that can be said of MQTT.
describe.runIf(MOSQUITTO !== null)('with a real broker', () => {
  let dir: string;
  let broker: Mosquitto;
  let listener: MqttClient;
  let heard: string[];

  const listen = async (): Promise<void> => {
    listener = await broker.client();
    listener.on('message', (topic, payload) => void heard.push(`${topic} ${payload.toString()}`));
    await listener.subscribeAsync(['relay/#', 'lintel/#', 'homeassistant/#'], { qos: 1 });
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lintel-mqtt-'));
    broker = await Mosquitto.start(dir);
  });
  afterAll(async () => {
    await broker.stop();
    await rm(dir, { recursive: true });
  });
  beforeEach(async () => {
    heard = [];
    await listen();
  });
  afterEach(() => listener.end(true));

  const config = (others: object = {}): DoorConfig =>
    DoorConfig.parse({
      doorId: 'front',
      pulseMs: 30_000,
      actuator: {
        kind: 'mqtt',
        broker: { url: broker.url },
        allowPlain: true,
        commandTopic: 'relay/set',
        openPayload: 'OPEN {ms}',
        closePayload: 'SHUT',
        limitMs: 5_000,
        ...others,
      },
    });

  describe('a relay', () => {
    let actuator: Actuator | null = null;
    afterEach(async () => {
      await actuator?.end();
      actuator = null;
    });
    const mqtt = (others: object): ActuatorConfig<'mqtt'> =>
      config(others).actuator as ActuatorConfig<'mqtt'>;
    const deaf: SensorListener = {
      read: () => undefined,
      pressed: () => undefined,
      answering: () => undefined,
    };
    const made = (others: object = {}): Actuator => (actuator = openActuator(config(others).actuator));
    /** As soon as there is a connection. */
    const isShut = async (relay: Actuator): Promise<void> =>
      await expect.poll(() => relay.close().catch(String), often).toBeUndefined();

    it('is told to open and to shut, and its sensors are heard', async () => {
      const open = { topic: 'relay/contact', is: 'on' };
      const relay = made({ open });
      const readings: DoorReading[] = [];
      relay.watch!({ ...deaf, read: (reading) => readings.push(reading) });
      await relay.open(1_500);
      await relay.close();
      await expect.poll(() => heard, often).toEqual(['relay/set OPEN 1500', 'relay/set SHUT']);
      await listener.publishAsync('relay/contact', 'on', { qos: 1 });
      await expect.poll(() => readings, often).toEqual([{ open: true, exit: null, tamper: null }]);
    });

    it('behind a broker that is away is not opened, nor later when it is back', async () => {
      const relay = made({ limitMs: 200 });
      await isShut(relay);
      await broker.stop();
      listener.end(true);
      await expect(relay.open(1_500)).rejects.toThrow('broker');
      await broker.start();
      heard = [];
      await listen();
      await isShut(relay);
      await expect.poll(() => heard, often).toContain('relay/set SHUT');
      expect(heard.filter((line) => line.includes('OPEN'))).toEqual([]);
    });

    it('that does not know how the door stands does not say that it is shut, and is silent', async () => {
      const open = { topic: 'relay/contact', is: 'on' };
      const relay = (actuator = createMqttActuator(mqtt({ open }), { silentMs: 20 }));
      const readings: DoorReading[] = [];
      const answers: boolean[] = [];
      relay.watch!({
        ...deaf,
        read: (reading) => readings.push(reading),
        answering: (doThey) => answers.push(doThey),
      });
      await expect.poll(() => answers.at(-1), often).toBe(true);
      await listener.publishAsync('relay/contact', 'unavailable', { qos: 1 });
      await expect.poll(() => answers.at(-1), often).toBe(false);
      await listener.publishAsync('relay/contact', 'off', { qos: 1 });
      await expect.poll(() => answers.at(-1), often).toBe(true);
      expect(readings.map((reading) => reading.open)).toEqual([null, false]);
    });

    it.runIf(DYNAMIC_SECURITY !== null)(
      'whose sensors the broker does not let it hear is silent',
      async () => {
        const place = await mkdtemp(join(dir, 'deaf-'));
        const file = join(place, 'security.json');
        const defaultACLAccess = { publishClientSend: true, publishClientReceive: true, subscribe: false };
        await writeFile(file, JSON.stringify({ defaultACLAccess }));
        const security = [`plugin ${DYNAMIC_SECURITY}`, `plugin_opt_config_file ${file}`];
        const strict = await Mosquitto.start(place, ['user root', ...security]);
        onTestFinished(() => strict.stop());
        const open = { topic: 'relay/contact', is: 'on' };
        const relay = (actuator = createMqttActuator(mqtt({ broker: { url: strict.url }, open }), {
          silentMs: 20,
        }));
        const answers: boolean[] = [];
        relay.watch!({ ...deaf, answering: (doThey) => answers.push(doThey) });
        // It is connected.
        await expect(relay.close()).rejects.toThrow('nobody is subscribed');
        await expect.poll(() => answers, often).toEqual([false]);
      },
    );

    it('tells of each press of a button that says nothing else, and of none from before', async () => {
      await listener.publishAsync('relay/button', 'pressed', { qos: 1, retain: true });
      const relay = made({ exit: { topic: 'relay/button', is: 'pressed' } });
      let words = 0;
      let presses = 0;
      relay.watch!({ ...deaf, read: () => (words += 1), pressed: () => (presses += 1) });
      await expect.poll(() => words, often).toBe(1);
      expect(presses).toBe(0);
      for (let i = 0; i < 2; i++) await listener.publishAsync('relay/button', 'pressed', { qos: 1 });
      await expect.poll(() => presses, often).toBe(2);
      await listener.publishAsync('relay/button', '', { qos: 1, retain: true });
    });

    it('that was away is told to open by the broker for as long as the pulse, not later', async () => {
      const relay = made();
      const modern = await broker.client({ protocolVersion: 5 });
      const expiries: (number | undefined)[] = [];
      modern.on('message', (_topic, _payload, { properties }) =>
        expiries.push(properties?.messageExpiryInterval),
      );
      await modern.subscribeAsync('relay/set', { qos: 1 });
      await relay.open(1_500);
      await relay.close();
      await expect.poll(() => expiries, often).toEqual([2, undefined]);
      await modern.endAsync();
    });

    it('that is off is neither opened nor shut, and nobody doubts it', async () => {
      await listener.unsubscribeAsync('relay/#');
      const relay = made();
      for (const call of [() => relay.close(), () => relay.open(1_500)]) {
        const error: unknown = await call().catch((reason: unknown) => reason);
        expect(String(error)).toContain('nobody is subscribed');
        expect(error).not.toBeInstanceOf(UnansweredError);
      }
      await listener.subscribeAsync('relay/#', { qos: 1 });
      await relay.open(1_500);
      await expect.poll(() => heard, often).toEqual(['relay/set OPEN 1500']);
    });

    it('behind a broker that refuses it is not opened', async () => {
      const place = await mkdtemp(join(dir, 'strict-'));
      await writeFile(join(place, 'acl'), 'topic read #\n');
      const strict = await Mosquitto.start(place, ['user root', `acl_file ${join(place, 'acl')}`]);
      onTestFinished(() => strict.stop());
      const error = await made({ broker: { url: strict.url } })
        .open(1_500)
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ message: 'the broker refused it' });
      expect(error).not.toBeInstanceOf(UnansweredError);
    });

    it('is shut by the broker when the process is killed in the middle of a pulse', async () => {
      const file = join(dir, 'config.json');
      await writeFile(file, JSON.stringify(config()));
      const entry = fileURLToPath(new URL('testing/door-process.ts', import.meta.url));
      const child = spawn(process.execPath, [entry, file, 'pulse'], { stdio: 'ignore' });
      await expect.poll(() => heard, often).toEqual(['relay/set SHUT', 'relay/set OPEN 30000']);
      child.kill('SIGKILL');
      await expect.poll(() => heard.at(-1), often).toBe('relay/set SHUT');
      expect(heard).toHaveLength(3);
    });

    it('behind a broker that does not confirm may have opened', async () => {
      const relay = made();
      await relay.close();
      broker.pause(true);
      try {
        await expect(relay.open(1_500)).rejects.toBeInstanceOf(UnansweredError);
      } finally {
        broker.pause(false);
      }
    });

    it('behind a broker that hangs does not keep the appliance from ending', async () => {
      const relay = made();
      await relay.close();
      broker.pause(true);
      try {
        await expect(relay.end()).resolves.toBeUndefined();
      } finally {
        broker.pause(false);
      }
    });
  });

  describe('events', () => {
    let store: SqlStore;
    beforeEach(async () => {
      const place = await mkdtemp(join(dir, 'store-'));
      store = await openStore({ dir: place, kekProvider: fileKekProvider(join(place, 'key')) });
      await store.eventTargets.add({ url: broker.url, secret: '', options: OPTIONS, kinds: null });
    });
    afterEach(() => store.close());

    it('are published with what Home Assistant reads, and none is lost while the broker is away', async () => {
      const events = createEventLog(store.events, log);
      const telling = startTelling(store.eventTargets, events, log);
      await expect.poll(() => heard, often).toContain('lintel/front/status online');
      expect(heard.filter((line) => line.startsWith('homeassistant/'))).toHaveLength(4);
      await events.add({ ...eventOf('decision', null), outcome: 'granted', reasons: ['match'] });
      const granted = 'lintel/front/decision {"event_type":"granted"';
      await expect.poll(() => heard.some((line) => line.startsWith(granted)), often).toBe(true);
      await broker.stop();
      listener.end(true);
      for (const kind of ['door-forced', 'door-closed', 'tamper'] as const)
        await events.add(eventOf(kind, null));
      await broker.start();
      heard = [];
      await listen();
      const told = () =>
        heard.flatMap((line) => {
          const body = /^lintel\/front\/events (.*)$/.exec(line)?.[1];
          return body === undefined ? [] : [(JSON.parse(body) as { kind: string }).kind];
        });
      await expect.poll(told, often).toEqual(['door-forced', 'door-closed', 'tamper']);
      expect(heard).toContain('lintel/front/alarm ON');
      expect(heard).toContain('lintel/front/alarm OFF');
      // Added again in another way, it is told in that way.
      const [target] = await store.eventTargets.list();
      await store.eventTargets.remove(target!.targetId);
      const options = { ...OPTIONS, topic: 'lintel/back' };
      await store.eventTargets.add({ url: broker.url, secret: '', options, kinds: null });
      await events.add(eventOf('tamper-ended', null));
      await expect.poll(() => heard, often).toContain('lintel/back/status online');
      await expect.poll(() => heard, often).toContain('lintel/back/tamper OFF');
      await expect.poll(() => heard, often).toContain('lintel/front/status offline');
      await telling.end();
      await expect.poll(() => heard.at(-1), often).toBe('lintel/back/status offline');
    });
  });
});
