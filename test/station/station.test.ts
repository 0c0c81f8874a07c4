import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lintel, mustRun } from '../support/appliance.ts';
import { newPortraitInstallation, type PortraitInstallation } from '../support/portrait-files.ts';

/**
 * The appliance's own process without a screen. A program in place of `fswebcam` gives its pictures, since a machine for tests has no
 * camera; lamps are an HTTP server.
 */

const ENTRY = fileURLToPath(new URL('../support/appliance-process.ts', import.meta.url));

let home: PortraitInstallation;
let lamps: Server;
/** What the lamps were told, in order. */
let told: string[] = [];
let station: ChildProcess;
let output = '';

beforeAll(async () => {
  home = await newPortraitInstallation();
  lamps = createServer((request, response) => {
    if (request.url?.endsWith('/on')) told.push(request.url.split('/')[1]!);
    response.end();
  });
  await once(lamps.listen(0, '127.0.0.1'), 'listening');
  await mkdir(home.file('bin'));
  const camera = [
    '#!/bin/sh',
    `number=$(cat ${home.file('number')} 2>/dev/null || echo 0)`,
    `echo $(((number + 1) % 5)) >${home.file('number')}`,
    `echo still >>${home.file('taken')}`,
    'for target; do :; done',
    `exec cp "${home.file('scene')}/$number.jpg" "$target"`,
    '',
  ].join('\n');
  await writeFile(home.file('bin/fswebcam'), camera);
  await chmod(home.file('bin/fswebcam'), 0o755);
  for (const [name, source] of Object.entries({ robin: home.robin[1], sasha: home.sasha, nobody: null })) {
    await makeScene(name, source);
  }
  await show('nobody');
  await mustRun(home, 'enrol', '--collection', 'default', '--key', 'robin', home.robin[0]);
});
afterAll(async () => {
  station.kill('SIGKILL');
  lamps.close();
  await home.remove();
});

/** Five stills as a camera takes them, no two alike; any three have one of any other three. @param source who stands there; null: nobody */
async function makeScene(name: string, source: string | null): Promise<void> {
  const background = { r: 128, g: 130, b: 120 };
  await mkdir(home.file(name));
  for (let number = 0; number < 5; number++) {
    const picture =
      source === null
        ? sharp({ create: { width: 640, height: 480, channels: 3, background } })
        : sharp(await readFile(source));
    await picture
      .linear(1, number + 1)
      .jpeg({ quality: 95 })
      .toFile(home.file(`${name}/${number}.jpg`));
  }
}

/** Lets the camera see this from now on. */
async function show(name: string): Promise<void> {
  await rename(home.file(name), home.file('coming'));
  if (shown !== null) await rename(home.file('scene'), home.file(shown));
  await rename(home.file('coming'), home.file('scene'));
  shown = name;
}
let shown: string | null = null;

function start(): ChildProcess {
  const child = spawn(process.execPath, [ENTRY, '--data', home.data, '--no-screen'], {
    env: {
      ...process.env,
      LINTEL_KEY_FILE: home.keyFile,
      PATH: `${home.file('bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return child;
}

async function setStation(): Promise<void> {
  const { port } = lamps.address() as AddressInfo;
  const lamp = (name: string): object => ({
    ms: 200,
    actuator: {
      kind: 'http',
      open: { url: `http://127.0.0.1:${port}/${name}/on` },
      close: { url: `http://127.0.0.1:${port}/${name}/off` },
      allowPrivate: true,
      allowHttp: true,
    },
  });
  const signals = Object.fromEntries(
    ['granted', 'refused', 'again', 'fault'].map((name) => [name, lamp(name)]),
  );
  await writeFile(home.file('station.json'), JSON.stringify({ everyMs: 100, signals }));
  const { status, answer } = await lintel(home, 'station', 'set', home.file('station.json'));
  expect(status).toBe(0);
  expect(JSON.stringify(answer)).not.toContain('/on');
}

const taken = async (): Promise<number> => (await readFile(home.file('taken'), 'utf8')).split('\n').length;

const events = async (): Promise<Record<string, unknown>[]> =>
  (await lintel(home, 'events')).answer['events'] as Record<string, unknown>[];

const next = async (lamp: string): Promise<void> => {
  await expect.poll(() => told).toContain(lamp);
  told = [];
};

describe('a station without a screen', () => {
  it('does not start before it is set, nor at a door', async () => {
    station = start();
    expect(await once(station, 'exit')).toEqual([2, null]);
    expect(output).toContain('No station is set');
    await setStation();
    const door = {
      doorId: 'front',
      actuator: { kind: 'command', open: ['/bin/true'], close: ['/bin/true'] },
    };
    await writeFile(home.file('door.json'), JSON.stringify(door));
    await mustRun(home, 'door', 'set', home.file('door.json'));
    station = start();
    expect((await once(station, 'exit'))[0]).not.toBe(0);
    expect(output).toContain('[assurance-opens-no-door]');
    await mustRun(home, 'door', 'remove');
  });

  it('says who is granted and who is not, once each, at the level presence', async () => {
    station = start();
    await expect.poll(() => output).toContain('Lintel is ready. No screen');
    await show('robin');
    await next('granted');
    await show('sasha');
    await next('refused');
    const [second, first, ...others] = await events();
    expect([others.filter(({ kind }) => kind === 'decision'), first, second]).toEqual([
      [],
      expect.objectContaining({ outcome: 'granted', level: 'presence', externalKey: 'robin' }),
      expect.objectContaining({ outcome: 'denied', level: 'presence', reasons: ['no-match'], faceId: null }),
    ]);
  });

  it('grants nobody by stills that granted before', async () => {
    await show('nobody');
    const before = await taken();
    await expect.poll(taken).toBeGreaterThan(before + 4);
    await show('robin');
    await next('refused');
    expect((await events())[0]).toMatchObject({ outcome: 'denied', reasons: ['frames-not-genuine'] });
  });

  it('says as a fault that its pictures stand still, that it is covered, that there are none', async () => {
    const sasha = await readFile(home.sasha);
    for (const [fault, change] of [
      ['frozen', (sasha: Buffer) => sharp(sasha)],
      ['covered', (sasha: Buffer, number: number) => sharp(sasha).linear(0.02, number)],
      ['no-picture', null],
    ] as const) {
      await mkdir(home.file(fault));
      for (const number of change === null ? [] : [0, 1, 2, 3, 4])
        await change!(sasha, number)
          .jpeg({ quality: 95 })
          .toFile(home.file(`${fault}/${number}.jpg`));
      await show(fault);
      await next('fault');
      await expect
        .poll(async () => (await events())[0])
        .toMatchObject({ kind: 'tamper', detail: `station: ${fault}` });
    }
    await show('nobody');
    await expect
      .poll(async () => (await events())[0])
      .toMatchObject({ kind: 'tamper-ended', detail: 'station: no-picture' });
    station.kill('SIGTERM');
    expect(await once(station, 'exit')).toEqual([0, null]);
  });
});
