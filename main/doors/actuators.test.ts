import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DoorConfig, type ActuatorConfig, type DoorReading } from '#contract';
import { UnansweredError, type Actuator, type SensorListener } from './actuator.ts';
import { openActuator, programsOf } from './actuators.ts';
import { createGpioActuator } from './gpio-actuator.ts';

let dir: string;
let actuator: Actuator | null = null;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-actuator-'));
});
afterEach(async () => {
  await actuator?.end();
  actuator = null;
  await rm(dir, { recursive: true });
});

const configOf = (config: object): DoorConfig =>
  DoorConfig.parse({ doorId: 'front', pulseMs: 30_000, actuator: config });
const made = (config: object): Actuator => (actuator = openActuator(configOf(config).actuator));

const noting = (readings: DoorReading[]): SensorListener => ({
  read: (reading) => void readings.push(reading),
  pressed: () => undefined,
  answering: () => undefined,
});

const failureOf = (call: Promise<void>): Promise<unknown> => call.catch((reason: unknown) => reason);

/** The test door: a file that says what it is. */
const door = (): string => join(dir, 'door');
const doorIs = async (state: string): Promise<void> =>
  await expect.poll(async () => (await readFile(door(), 'utf8')).trim(), { interval: 10 }).toBe(state);

const sh = (script: string): string[] => ['/bin/sh', '-c', script, 'sh', door()];
const command = (others: object = {}) => ({
  kind: 'command',
  limitMs: 5_000,
  open: sh('echo "open for {ms}" > "$1"'),
  close: sh('echo shut > "$1"'),
  ...others,
});
/** Shuts by itself when its standard input ends, and takes that for the sign that Lintel is gone. */
const holding = () =>
  command({
    holds: true,
    open: sh('echo open > "$1"; while read -r _; do :; done; echo "shut by itself" > "$1"'),
    close: sh('test "$(cat "$1")" != open'),
  });

describe('a command', () => {
  it('opens for a time that it is told, and shuts', async () => {
    const { open, close } = made(command());
    await open(1_500);
    await doorIs('open for 1500');
    await close();
    expect(await readFile(door(), 'utf8')).toBe('shut\n');
  });

  it('that holds the door is told again and again, and shuts when that ends', async () => {
    const { open, close, refresh } = made(holding());
    await open(1_500);
    await doorIs('open');
    await refresh!.send();
    await close();
    await doorIs('shut by itself');
    await expect(refresh!.send()).rejects.toThrow('has ended');
  });

  it.each([
    ['fails', ['/bin/false'], {}, 'ended with 1', false],
    ['is not there', ['/nowhere/relay'], {}, 'ENOENT', false],
    ['takes too long', ['/bin/sleep', '60'], { limitMs: 100 }, 'longer than 100 ms', true],
    ['is killed', ['/bin/sh', '-c', 'kill -9 $$'], {}, 'ended with SIGKILL', true],
    ['says too much', ['/bin/sh', '-c', 'yes'], {}, 'more than 4096 bytes', true],
    // What it leaves behind speaks only once it has ended by itself.
    [
      'says too much, and ends well',
      ['/bin/sh', '-c', '(while kill -0 $$; do :; done; yes) &'],
      {},
      'more than 4096 bytes',
      true,
    ],
  ])('that %s is a failure', async (_, open, others, message, mayHaveOpened) => {
    const error: unknown = await failureOf(made(command({ open, ...others })).open(1));
    expect(String(error)).toContain(message);
    expect(error instanceof UnansweredError).toBe(mayHaveOpened);
  });

  it.each([false, true])('that is not there tells none of its words, holding: %s', async (holds) => {
    const open = ['/nowhere/relay', '--token', 'of-the-relay'];
    const error: unknown = await made(command({ open, holds }))
      .open(1)
      .catch((reason: unknown) => reason);
    expect(inspect(error, { showHidden: true })).toMatch(/ENOENT/);
    expect(inspect(error, { showHidden: true })).not.toContain('of-the-relay');
  });

  it.each([
    ['is killed', 'kill -9 $$', 'SIGKILL'],
    ['fails', 'exit 3', '3'],
  ])('that holds the door and %s is missed', async (_, end, how) => {
    const { open, refresh } = made(command({ holds: true, open: sh(`echo open > "$1"; ${end}`) }));
    const lost = Promise.withResolvers<unknown>();
    await open(1_500, lost.resolve);
    await doorIs('open');
    expect(await lost.promise).toEqual(new UnansweredError(`/bin/sh ended with ${how}`));
    await expect(refresh!.send()).rejects.toThrow('has ended');
  });

  it.each([
    ['by itself', 'exit 0'],
    ['since it is told to, whatever it says', 'read -r _; exit 3'],
  ])('that holds the door and ends %s is not missed', async (_, end) => {
    const losses: unknown[] = [];
    const { open, close } = made(command({ holds: true, open: sh(end) }));
    await open(1_500, (error) => losses.push(error));
    await close();
    expect(losses).toEqual([]);
  });

  it('is given no surroundings but its path, and no shell', async () => {
    vi.stubEnv('LINTEL_KEY_FILE', '/secret/place');
    await made(
      command({ open: ['/bin/sh', '-c', 'env > "$1"; echo "$2" >> "$1"', 'sh', door(), '; echo {ms}'] }),
    ).open(7);
    const printed = await readFile(door(), 'utf8');
    expect(printed).not.toContain('LINTEL');
    expect(printed).toContain('; echo 7');
    vi.unstubAllEnvs();
  });

  it('reports sensors', async () => {
    await writeFile(door(), '{"open":true}');
    const readings: DoorReading[] = [];
    const unwatch = made(command({ state: sh('cat "$1"'), pollMs: 100 })).watch!(noting(readings));
    await expect.poll(() => readings.length).toBeGreaterThan(0);
    expect(readings[0]).toEqual({ open: true, exit: null, tamper: null });
    unwatch();
  });
});

/** In place of one of libgpiod's tools. */
const tool = async (name: string, script: string): Promise<string> => {
  const file = join(dir, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
};

describe('a line of this machine', () => {
  it('needs the tool that reads only where there are sensors', () => {
    const programs = (sensors: object): string[] =>
      programsOf(configOf({ kind: 'gpio', chip: 'gpiochip0', line: 17, ...sensors }).actuator);
    expect(programs({})).toEqual(['/usr/bin/gpioset']);
    expect(programs({ tamper: 6 })).toEqual(['/usr/bin/gpioset', '/usr/bin/gpioget']);
  });

  it('is told by the documented words of libgpiod 2, for a bounded time, and let go', async () => {
    const tools = {
      set: await tool('gpioset', `echo "$@" >> ${door()}; case "$*" in *ms*) exec sleep 60; esac`),
      get: await tool('gpioget', `echo "$@" >> ${door()}; echo "1 0"`),
    };
    const gpio = { kind: 'gpio', chip: 'gpiochip0', line: 17, activeLow: true, open: 5, tamper: 6 };
    const { actuator: config } = configOf({ ...gpio, pollMs: 60_000, limitMs: 5_000 });
    const line = createGpioActuator(config as ActuatorConfig<'gpio'>, tools);
    await line.open(1_500);
    await doorIs('--chip gpiochip0 --active-low --toggle 1500ms,0 17=active');
    await line.close();
    const readings: DoorReading[] = [];
    const unwatch = line.watch!(noting(readings));
    await expect.poll(() => readings).toEqual([{ open: true, exit: null, tamper: false }]);
    unwatch();
    expect((await readFile(door(), 'utf8')).trim().split('\n').slice(1)).toEqual([
      '--chip gpiochip0 --active-low --toggle 0 17=inactive',
      '--chip gpiochip0 --numeric 5 6',
    ]);
  });
});

it('a line of which the program says nothing is not known', async () => {
  const get = await tool('gpioget', 'echo 0');
  const gpio = { kind: 'gpio', chip: 'gpiochip0', line: 17, open: 5, tamper: 6, limitMs: 5_000 };
  const line = createGpioActuator(configOf(gpio).actuator as ActuatorConfig<'gpio'>, { set: get, get });
  const readings: DoorReading[] = [];
  const unwatch = line.watch!(noting(readings));
  await expect.poll(() => readings[0]).toEqual({ open: false, exit: null, tamper: null });
  unwatch();
});

describe('a line whose program fails', () => {
  const gpio = configOf({ kind: 'gpio', chip: 'gpiochip0', line: 17, limitMs: 5_000 });

  it('is missed, unless it was let go', async () => {
    const losses: unknown[] = [];
    const opened = async (set: string) => {
      const file = await tool('gpioset', `case "$*" in *ms*) ${set}; esac`);
      const line = createGpioActuator(gpio.actuator as ActuatorConfig<'gpio'>, { set: file, get: file });
      await line.open(1_500, (error) => losses.push(error));
      return line;
    };
    await opened('exit 1');
    await expect.poll(() => losses).toEqual([expect.any(UnansweredError)]);
    await (await opened('exec sleep 60')).close();
    expect(losses).toHaveLength(1);
  });
});

describe('a process that is killed in the middle of a pulse', () => {
  const start = async (what: 'pulse' | 'wait', config: object): Promise<ChildProcess> => {
    const file = join(dir, 'config.json');
    await writeFile(file, JSON.stringify(configOf(config)));
    const entry = fileURLToPath(new URL('testing/door-process.ts', import.meta.url));
    return spawn(process.execPath, [entry, file, what], { stdio: 'ignore' });
  };
  const killed = async (child: ChildProcess): Promise<void> => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };

  it('leaves a door that shuts by itself, for its program hears no more of Lintel', async () => {
    await writeFile(door(), 'shut');
    const child = await start('pulse', holding());
    await doorIs('open');
    await killed(child);
    await doorIs('shut by itself');
    expect(child.signalCode).toBe('SIGKILL');
  });

  it('leaves a door that the next start shuts, where the device cannot', async () => {
    const child = await start('pulse', command());
    await doorIs('open for 30000');
    await killed(child);
    expect(await readFile(door(), 'utf8')).toBe('open for 30000\n');
    const next = await start('wait', command());
    await doorIs('shut');
    await killed(next);
  });
});

describe('a relay by HTTP', () => {
  let server: Server;
  let asked: { line: string; headers: IncomingMessage['headers']; body: string }[];
  let answer: { status: number; body: string } | null;
  let origin: string;

  beforeEach(async () => {
    asked = [];
    answer = { status: 200, body: '{"input":{"door":"open","tamper":0}}' };
    server = createServer((request, response) => void take(request, response));
    const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      asked.push({
        line: `${request.method} ${request.url}`,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      if (answer !== null) response.writeHead(answer.status, { location: '/open' }).end(answer.body);
    };
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const http = (others: object = {}) => ({
    kind: 'http',
    open: {
      url: `${origin}/relay/0?turn=on&timer={s}`,
      headers: { authorization: 'Bearer of-the-relay' },
      body: '{"ms":{ms}}',
    },
    close: { method: 'GET', url: `${origin}/relay/0?turn=off` },
    allowPrivate: true,
    allowHttp: true,
    limitMs: 5_000,
    ...others,
  });

  it('is told for how long, with its secret, and shut', async () => {
    const { open, close } = made(http());
    await open(2_500);
    await close();
    expect(asked).toMatchObject([
      {
        line: 'POST /relay/0?turn=on&timer=3',
        headers: { authorization: 'Bearer of-the-relay' },
        body: '{"ms":2500}',
      },
      { line: 'GET /relay/0?turn=off', body: '' },
    ]);
  });

  it.each([500, 404, 302])(
    'that answers %i has not done it, and is not followed elsewhere',
    async (status) => {
      answer = { status, body: '' };
      const error = await failureOf(made(http()).open(1));
      expect(String(error)).toContain(`answered ${status}`);
      expect(error).not.toBeInstanceOf(UnansweredError);
      expect(asked).toHaveLength(1);
    },
  );

  it('that does not answer may have done it', async () => {
    answer = null;
    const error = await failureOf(made(http({ limitMs: 500 })).open(1));
    expect(error).toBeInstanceOf(UnansweredError);
    expect(asked).toHaveLength(1);
  });

  it('that breaks off may have done it', async () => {
    server.removeAllListeners('request');
    server.on('request', (request) => request.socket.destroy());
    expect(await failureOf(made(http()).open(1))).toBeInstanceOf(UnansweredError);
  });

  it.each([502, 504])('that does not answer its proxy may have done it: %i', async (status) => {
    answer = { status, body: '' };
    expect(await failureOf(made(http()).open(1))).toBeInstanceOf(UnansweredError);
  });

  it('that is not there has not done it', async () => {
    const actuatorThere = made(http());
    await new Promise((resolve) => server.close(resolve));
    const error = await failureOf(actuatorThere.open(1));
    expect(String(error)).toContain('ECONNREFUSED');
    expect(error).not.toBeInstanceOf(UnansweredError);
  });

  it('that answers without end may have done it', async () => {
    answer = { status: 200, body: 'x'.repeat(100_000) };
    const error = await failureOf(made(http()).open(1));
    expect(String(error)).toContain('too much');
    expect(error).toBeInstanceOf(UnansweredError);
  });

  it.each([
    ['a private address', { allowPrivate: false }, 'not a public address'],
    ['plain http', { allowHttp: false }, 'not a protocol'],
  ])('at %s is not asked without leave', async (_, others, message) => {
    await expect(made(http(others)).open(1)).rejects.toThrow(message);
    expect(asked).toEqual([]);
  });

  it.each([
    ['not there', '{"input":{"tamper":0}}'],
    ['null', '{"input":{"door":null,"tamper":0}}'],
    ['unavailable', '{"input":{"door":"unavailable","tamper":0}}'],
  ])('whose sensor is %s does not say that the door is shut', async (_, body) => {
    answer = { status: 200, body };
    const readings: DoorReading[] = [];
    const state = {
      call: { method: 'GET', url: `${origin}/state` },
      open: { pointer: '/input/door', is: 'open' },
      tamper: { pointer: '/input/tamper', is: 1 },
    };
    const unwatch = made(http({ state })).watch!(noting(readings));
    await expect.poll(() => readings[0]).toEqual({ open: null, exit: null, tamper: false });
    unwatch();
  });

  it('reports sensors from its JSON', async () => {
    const readings: DoorReading[] = [];
    const state = {
      call: { method: 'GET', url: `${origin}/state` },
      open: { pointer: '/input/door', is: 'open' },
      tamper: { pointer: '/input/tamper', is: 1 },
    };
    const unwatch = made(http({ state, pollMs: 100 })).watch!(noting(readings));
    await expect.poll(() => readings.length).toBeGreaterThan(0);
    expect(readings[0]).toEqual({ open: true, exit: null, tamper: false });
    unwatch();
  });
});
