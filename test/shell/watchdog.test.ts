import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { askForInvitation } from '../../main/shell/screen-socket.ts';
import { retryDelay } from '../../renderer/bridge/socket-bridge.ts';
import { build } from '../../scripts/build/build.ts';
import { NEVER_COMES_MS } from '../../scripts/test/limits.ts';
import { opened } from './shell-client.ts';

/**
 * The appliance's own process under what systemd does as its unit says. The program `systemd-notify` writes into a file here: this
 * machine need not have systemd as its first process.
 */

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let dir: string;
let port: number;
let unit: { readonly watchdogMs: number; readonly restartMs: number };
let child: ChildProcess;
/** The signals that ended the program. */
let ends: (string | null)[] = [];
const managing = new AbortController();
let manager: Promise<void>;
const place = (name: string): string => join(dir, name);

beforeAll(async () => {
  await build(['renderer']);
  dir = await mkdtemp(join(tmpdir(), 'lintel-watchdog-'));
  const text = await readFile(file('main/deploy/lintel.service'), 'utf8');
  unit = {
    watchdogMs: Number(/^WatchdogSec=(\d+)ms$/m.exec(text)?.[1]),
    restartMs: Number(/^RestartSec=(\d+)ms$/m.exec(text)?.[1]),
  };
  await writeFile(place('systemd-notify'), '#!/bin/sh\necho "$1" >>"$NOTIFY_SOCKET"\n');
  await chmod(place('systemd-notify'), 0o755);
  // So that the program can be told to hang.
  await writeFile(place('hang.mjs'), 'process.on("SIGUSR2", () => { for (;;); });\n');
  port = 20_000 + (process.pid % 10_000);
  manager = manage();
});
afterAll(async () => {
  managing.abort();
  child.kill('SIGKILL');
  await manager;
  await rm(dir, { recursive: true, force: true });
});

/** Starts the program again and again, and kills it when it is not heard of for as long as its unit allows. */
async function manage(): Promise<void> {
  while (!managing.signal.aborted) {
    const told = place('told');
    await writeFile(told, '');
    const hang = pathToFileURL(place('hang.mjs')).href;
    const places = ['--data', place('data'), '--screen-socket', place('screen')];
    const args = ['--port', String(port), ...places, '--session-file', place('session')];
    child = spawn(process.execPath, ['--import', hang, file('main/browser.ts'), ...args], {
      env: {
        PATH: `${dir}${delimiter}${process.env['PATH'] ?? ''}`,
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        HOME: dir,
        NOTIFY_SOCKET: told,
      },
      stdio: 'ignore',
    });
    const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
    const listen = async (): Promise<void> => {
      const { size, mtimeMs } = await stat(told);
      if (size > 0 && Date.now() - mtimeMs > unit.watchdogMs) child.kill('SIGKILL');
    };
    const timer = setInterval(() => void listen(), 50);
    const [, signal] = await exit;
    ends.push(signal);
    clearInterval(timer);
    await pause(unit.restartMs);
  }
}

const ask = (isOpen: boolean): Promise<string | null> =>
  vi.waitFor(() => askForInvitation(place('screen'), { obeysPolicy: true, isOpen }, () => undefined), {
    timeout: NEVER_COMES_MS,
    interval: 250,
  });

/** A browser at its address. @returns its cookie */
async function open(address: string | null): Promise<string> {
  const answer = await fetch(address!, { redirect: 'manual' });
  return /^[^;]+/.exec(answer.headers.get('set-cookie') ?? '')![0];
}

/** It says so after it is reachable. The manager, as systemd, does not miss a program that it never heard of. */
const isReady = async (): Promise<void> =>
  await expect.poll(async () => (await stat(place('told'))).size, { interval: 100 }).toBeGreaterThan(0);

/** The page tries until it is connected, as it does. */
async function connected(cookie: string): Promise<WebSocket> {
  const origin = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt++) {
    try {
      return await opened(
        new WebSocket(`${origin.replace('http', 'ws')}/kiosk`, { origin, headers: { cookie } }),
      );
    } catch (error) {
      if (attempt === 200) throw error;
      await pause(retryDelay(attempt));
    }
  }
}

describe('an appliance under systemd', () => {
  it('that hangs is started again, and its page goes on without another browser', async () => {
    const cookie = await open(await ask(false));
    for (const signal of ['SIGSTOP', 'SIGUSR2'] as const) {
      ends = [];
      const page = await connected(cookie);
      const isClosed = once(page, 'close');
      await isReady();
      const begun = performance.now();
      child.kill(signal);
      await isClosed;
      (await connected(cookie)).terminate();
      process.stderr.write(
        `${signal}: connected again after ${((performance.now() - begun) / 1000).toFixed(1)} s\n`,
      );
      expect(await ask(true)).toBeNull();
      expect(ends).toEqual(['SIGKILL']);
    }
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [file('main/cli/lintel.ts'), 'events', '--kind', 'recovered', '--json', '--data', place('data')],
      { env: { HOME: dir } },
    );
    expect(JSON.parse(stdout)).toMatchObject({ events: [{ detail: 'appliance' }, { detail: 'appliance' }] });
  });

  it('that ended in order gives its screen another address, and knows the page no more', async () => {
    const cookie = await open(await ask(false));
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(await ask(true)).toMatch(/\/\?token=/);
    await expect(fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } })).resolves.toHaveProperty(
      'status',
      401,
    );
  });
});
