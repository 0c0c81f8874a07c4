import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLog } from '../../main/process/index.ts';
import { findChromium, obeysPolicy, openScreen, type Screen } from '../../main/shell/chromium.ts';

const chromium = await findChromium();
const log = createLog('silent');
const HOUR_MS = 3_600_000;

let dir: string;
let screen: Screen | null;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-screen-test-'));
  await mkdir(join(dir, 'memory'));
  await mkdir(join(dir, 'home'));
  screen = null;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  await screen?.close();
  await rm(dir, { recursive: true });
});

/** A program that notes its start and its arguments, then does what `body` says. */
async function program(body: string): Promise<string> {
  const file = join(dir, 'program');
  await writeFile(file, `#!/bin/sh\necho "$$ $*" >> ${dir}/starts\n${body}\n`);
  await chmod(file, 0o755);
  return file;
}

interface Start {
  readonly pid: number;
  readonly args: string;
}

async function starts(): Promise<Start[]> {
  const text = await readFile(join(dir, 'starts'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => ({ pid: Number(line.split(' ', 1)[0]), args: line }));
}

const open = (file: string, newAddress: (onGone: () => void, isOpen: boolean) => string | null): Screen =>
  openScreen({ chromium: file, newAddress, log, memoryDir: join(dir, 'memory'), firstRestartMs: 10 });

/** The first so many starts, as soon as there are that many. */
async function waitForStarts(count: number): Promise<Start[]> {
  await expect.poll(async () => (await starts()).length).toBeGreaterThanOrEqual(count);
  return (await starts()).slice(0, count);
}

describe('the screen', () => {
  it('is opened again when it ends, each time with a new address and a fresh profile', async () => {
    let issued = 0;
    screen = open(await program('exit 1'), () => `http://127.0.0.1:1/?token=secret${++issued}`);
    const profiles = (await waitForStarts(3)).map(({ args }) => /--user-data-dir=(\S+)/.exec(args)?.[1]);
    expect(new Set(profiles).size).toBe(3);
    expect(issued).toBeGreaterThanOrEqual(3);
  });

  it('is opened again when it is killed', async () => {
    screen = open(await program('exec sleep 60'), () => 'http://127.0.0.1:1/');
    const [first] = await waitForStarts(1);
    process.kill(first!.pid, 'SIGKILL');
    const [, second] = await waitForStarts(2);
    expect(second!.pid).not.toBe(first!.pid);
  });

  it('is not given its address on the command line, nor a way around its sandbox', async () => {
    screen = open(await program('exec sleep 60'), () => 'http://127.0.0.1:1/?token=secret');
    const { args } = (await waitForStarts(1))[0]!;
    expect(args).toContain('--kiosk');
    expect(args).not.toMatch(/secret|127\.0\.0\.1|sandbox|use-fake-ui|remote-debugging/);
  });

  it('ends with the appliance, and so does its restarting', async () => {
    screen = open(await program('exec sleep 60'), () => 'http://127.0.0.1:1/');
    const { pid } = (await waitForStarts(1))[0]!;
    await screen.close();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(await starts()).toHaveLength(1);
    // Its profile went with it.
    expect(await readdir(join(dir, 'memory'))).toEqual([]);
  });

  it('stays when the appliance is gone and lets its page go on, and is another one when it does not', async () => {
    const asked: boolean[] = [];
    let leave = (): void => undefined;
    screen = open(await program('exec sleep 60'), (onGone, isOpen) => {
      asked.push(isOpen);
      leave = onGone;
      return asked.length === 2 ? null : 'http://127.0.0.1:1/';
    });
    const [first] = await waitForStarts(1);
    leave();
    await expect.poll(() => asked).toEqual([false, true]);
    process.kill(first!.pid, 0);
    leave();
    await waitForStarts(2);
    expect(asked).toEqual([false, true, true]);
    expect(() => process.kill(first!.pid, 0)).toThrow('ESRCH');
  });

  it('is another one at once when its page is lost, also where the browser hangs', async () => {
    let lose = (): void => undefined;
    const asked = join(dir, 'asked');
    const body = `trap 'echo to end >>${asked}' TERM; while :; do sleep 0.1; done`;
    screen = open(await program(body), (onGone) => {
      lose = onGone;
      return 'http://127.0.0.1:1/';
    });
    await waitForStarts(1);
    lose();
    await waitForStarts(2);
    // It is killed, and not asked and waited for.
    await expect(readFile(asked)).rejects.toThrow('ENOENT');
  });

  it('waits for an appliance that gives no address yet', async () => {
    let asked = 0;
    screen = open(await program('exec sleep 60'), () => {
      if (++asked < 3) throw new Error('not there');
      return 'http://127.0.0.1:1/';
    });
    expect(await waitForStarts(1)).toHaveLength(1);
    expect(asked).toBe(3);
  });

  it('keeps being tried when it cannot be started at all', async () => {
    const file = join(dir, 'program');
    screen = open(file, () => 'http://127.0.0.1:1/');
    await program('exec sleep 60');
    expect(await waitForStarts(1)).toHaveLength(1);
  });
});

describe('whether a browser obeys its policy', () => {
  it.each([
    [
      'it says that it may not be driven',
      'echo DevTools remote debugging is disallowed by the system admin. >&2; exec sleep 60',
      true,
    ],
    ['no line ends', 'printf "DevTools remote debugging is disallowed" >&2; exec sleep 60', true],
    ['it can be driven', 'echo DevTools listening on ws://127.0.0.1:1/ >&2; exec sleep 60', false],
    ['it says nothing of it', 'echo Cannot open a display >&2', null],
  ])('is seen where %s', async (_, body, obeys) => {
    expect(await obeysPolicy(await program(body), join(dir, 'memory'))).toBe(obeys);
    const { pid } = (await waitForStarts(1))[0]!;
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(await readdir(join(dir, 'memory'))).toEqual([]);
  });

  it('is not known where no program can be started', async () => {
    vi.stubEnv('PATH', join(dir, 'nothing'));
    expect(await obeysPolicy(join(dir, 'none'), join(dir, 'memory'))).toBeNull();
    expect(await readdir(join(dir, 'memory'))).toEqual([]);
  });

  it('is waited for no longer where a program that it started goes on writing', async () => {
    const held = join(dir, 'held');
    const body = `sleep 60 & echo $! >${held}; exec yes >&2`;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const obeys = obeysPolicy(await program(body), join(dir, 'memory'), HOUR_MS);
    await expect.poll(() => readFile(held, 'utf8')).toMatch(/\d\n/);
    vi.advanceTimersByTime(HOUR_MS);
    expect(await obeys).toBeNull();
    process.kill(Number(await readFile(held, 'utf8')));
    expect(await readdir(join(dir, 'memory'))).toEqual([]);
  });
});

describe.skipIf(chromium === null)('Chromium (skipped where it is not installed)', () => {
  let server: Server;
  let visits: { readonly path: string; readonly cookie: string | undefined }[];
  let report: unknown;

  beforeEach(async () => {
    visits = [];
    report = null;
    // Reports what it may: the page stands for the screen, which is tested elsewhere.
    const page = `<script type="module">
      const state = async (name) => (await navigator.permissions.query({ name })).state;
      const tracks = (await navigator.mediaDevices.getUserMedia({ video: true })).getVideoTracks().length;
      await fetch('/report', { method: 'POST', body: JSON.stringify({
        tracks, camera: await state('camera'), microphone: await state('microphone'),
      }) });
    </script>`;
    server = createServer((request, response) => {
      const path = request.url ?? '';
      if (path === '/report') {
        request.on('data', (data: Buffer) => (report = JSON.parse(data.toString()) as unknown));
      } else if (!path.startsWith('/favicon')) {
        visits.push({ path, cookie: request.headers.cookie });
      }
      if (path.startsWith('/?')) {
        response
          .writeHead(303, { location: '/', 'set-cookie': 's=1; HttpOnly; SameSite=Strict; Path=/' })
          .end();
      } else {
        response.setHeader('content-type', 'text/html').end(path === '/' ? page : '');
      }
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => server.close());

  it('finds the address in its profile, keeps the session, and has the camera but not the microphone', async () => {
    // No display and perhaps root where tests run, hence what a kiosk must never have.
    const file = await program(
      `exec ${chromium} --headless=new --no-sandbox --use-fake-device-for-media-stream "$@"`,
    );
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('HOME', join(dir, 'home'));
    screen = open(file, () => `http://127.0.0.1:${port}/?token=secret`);
    await expect.poll(() => report).not.toBeNull();
    expect(report).toEqual({ tracks: 1, camera: 'granted', microphone: 'prompt' });
    expect(visits.slice(0, 2)).toEqual([
      { path: '/?token=secret', cookie: undefined },
      { path: '/', cookie: 's=1' },
    ]);
    await screen.close();
    expect(await readdir(join(dir, 'home'))).toEqual([]);
  });
});
