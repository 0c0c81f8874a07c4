import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@msgpack/msgpack';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { fileKekProvider, openStore } from '#core/store';
import { overwritePin } from '../../main/operator/index.ts';
import { build } from '../../scripts/build/build.ts';
import { setupCodeIn } from '../support/appliance.ts';

const ENTRY = fileURLToPath(new URL('../../main/browser.ts', import.meta.url));
const ADDRESS = /^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/;

let home: string;

beforeAll(async () => await build(['renderer']));
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lintel-home-'));
});
afterEach(async () => await rm(home, { recursive: true }));

function start(...args: string[]) {
  // Bare but for the path: variables of CI would switch off what must be off everywhere. Compiling takes half of a start.
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, [ENTRY, ...args], {
    cwd: home,
    env: { PATH, NODE_COMPILE_CACHE, HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  const printed: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  return {
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    exit,
    stopReading: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    errors: () => errors,
    /** The lines up to the address that was asked for last. */
    printed: () => printed.join('\n'),
    /** The next line that is an address. */
    address: async (): Promise<string> => {
      for (;;) {
        const { done, value } = await lines.next();
        if (done) throw new Error(`It ended:\n${errors}`);
        printed.push(value);
        if (ADDRESS.test(value)) return value;
      }
    },
  };
}

/** From the console. */
async function setPin(): Promise<void> {
  const kekProvider = fileKekProvider(join(home, '.config/lintel/key'));
  const store = await openStore({ dir: join(home, 'data'), kekProvider });
  await overwritePin(store, '271828');
  await store.close();
}

/** A visit, so that the networks are loaded whatever comes of it. */
async function useNetworks(host: string, cookie: string): Promise<void> {
  const socket = new WebSocket(`ws://${host}/kiosk`, { origin: `http://${host}`, headers: { cookie } });
  await once(socket, 'open');
  const ask = async (channel: string, input: unknown): Promise<unknown> => {
    socket.send(encode({ id: 1, channel, input }));
    const [data] = (await once(socket, 'message')) as [Buffer];
    return (decode(data) as { reply: unknown }).reply;
  };
  const ticket = (await ask('visit.begin', {})) as { value: { visitId: string } };
  const frames = [0, 100, 200].map((capturedAt) => ({
    image: Buffer.from('words'),
    capturedAt,
    moment: { kind: 'frontal' },
  }));
  const { visitId } = ticket.value;
  await ask('visit.frames', { visitId, from: 0, frames });
  expect(await ask('visit.submit', { visitId, frameCount: frames.length })).toMatchObject({
    error: { code: 'image-unsupported' },
  });
  socket.terminate();
}

const files = async (dir: string): Promise<string[]> =>
  (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .toSorted();

describe('the process', () => {
  it('serves until it is stopped, and leaves nothing but its store, its key and the head beside it', async () => {
    const appliance = start('--no-open');
    const address = await appliance.address();
    const page = await fetch(address, { redirect: 'manual' });
    expect([page.status, page.headers.get('location')]).toEqual([303, '/']);
    await useNetworks(new URL(address).host, page.headers.get('set-cookie') ?? '');
    appliance.signal('SIGTERM');
    expect(await appliance.exit).toBe(0);
    // No cache, no device id, no trace of a library that reports home.
    expect(await files(home)).toEqual([
      '.config/lintel/key',
      expect.stringMatching(/^\.config\/lintel\/key\.heads\/[0-9a-f]{32}\.json$/),
      'data/running.lock',
      'data/store/store.db',
      'data/store/store.key',
    ]);
  });

  it('prints a new address on SIGHUP, and the one before is void', async () => {
    const appliance = start('--no-open');
    const first = await appliance.address();
    appliance.signal('SIGHUP');
    const second = await appliance.address();
    expect((await fetch(first, { redirect: 'manual' })).status).toBe(401);
    expect((await fetch(second, { redirect: 'manual' })).status).toBe(303);
    appliance.signal('SIGINT');
    expect(await appliance.exit).toBe(0);
  });

  it('goes on when no process reads any more what it prints', async () => {
    const appliance = start('--no-open');
    await appliance.address();
    appliance.stopReading();
    appliance.signal('SIGHUP');
    appliance.signal('SIGTERM');
    expect(await appliance.exit).toBe(0);
  });

  it('keeps the token and the set-up code out of its log', async () => {
    const appliance = start('--no-open');
    const address = await appliance.address();
    const setupCode = setupCodeIn(appliance.printed())!;
    expect(setupCode).toMatch(/^[0-9]{10}$/);
    await fetch(address, { redirect: 'manual' });
    await fetch(address, { redirect: 'manual' });
    appliance.signal('SIGTERM');
    await appliance.exit;
    expect(appliance.errors()).toContain('Server listening');
    expect(appliance.errors()).not.toContain(address.split('=')[1]);
    expect(appliance.errors().replaceAll(' ', '')).not.toContain(setupCode);
  });

  it('prints another set-up code at each start until there is a PIN, and after one was forgotten', async () => {
    const codes: (string | null)[] = [];
    for (const words of [[], [], ['--reset-pin'], []]) {
      if (codes.length === 2) await setPin();
      const appliance = start('--no-open', ...words);
      await appliance.address();
      codes.push(setupCodeIn(appliance.printed()));
      if (codes.length === 3) await setPin();
      appliance.signal('SIGKILL');
      await appliance.exit;
    }
    expect(codes).toEqual([expect.any(String), expect.any(String), expect.any(String), null]);
    expect(new Set(codes).size).toBe(4);
  });

  it('says in one line why it cannot start', async () => {
    await mkdir(join(home, 'data'));
    await writeFile(join(home, 'data/settings.json'), '{');
    const appliance = start('--no-open');
    expect(await appliance.exit).toBe(1);
    expect(appliance.errors()).toBe(
      'lintel: The settings file is damaged; nothing was changed. settings.json [settings-corrupt]\n',
    );
  });

  it('refuses a second one on its folder, and starts again after a crash', async () => {
    const first = start('--no-open');
    await first.address();
    const second = start('--no-open');
    expect(await second.exit).toBe(2);
    expect(second.errors()).toMatch(/^lintel: .* \(\.\/data\) \[already-running\]\n$/);
    first.signal('SIGKILL');
    await first.exit;
    const third = start('--no-open');
    await third.address();
    third.signal('SIGTERM');
    expect(await third.exit).toBe(0);
  });

  it('says in one line that its port is in use', async () => {
    const first = start('--no-open');
    const { port } = new URL(await first.address());
    const second = start('--no-open', '--data', join(home, 'other'), '--port', port);
    expect(await second.exit).toBe(2);
    expect(second.errors()).toMatch(
      /^lintel: .* \(127\.0\.0\.1, port \d+: it is in use\) \[address-unavailable\]\n$/,
    );
    first.signal('SIGTERM');
    await first.exit;
  });

  it.each([['--port', 'x'], ['--port', '70000'], ['--nonsense']])('refuses %s %s', async (...args) => {
    const appliance = start(...args);
    expect(await appliance.exit).toBe(2);
    expect(appliance.errors()).toMatch(/^error: /);
  });
});
