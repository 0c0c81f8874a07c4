import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@msgpack/msgpack';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { WebSocket } from 'ws';
import { SocketMessage, type KioskReply } from '#contract';
import { fileKekProvider } from '#core/store';
import { createLog } from '../../main/process/index.ts';
import { startBrowserShell, type BrowserShell } from '../../main/shell/browser-shell.ts';
import { layoutOf } from '../../main/shell/options.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Handshake {
  readonly origin?: string;
  readonly headers?: Record<string, string>;
}

export const opened = (socket: WebSocket): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    socket.on('open', () => resolve(socket));
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response) =>
      reject(new Error(`status ${response.statusCode}`)),
    );
  });

/** @returns the code that the socket closes with */
export const closed = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => void socket.on('close', (code) => resolve(code)).on('error', () => undefined));

let nextId = 0;
export function ask(socket: WebSocket, channel: string, input: unknown = {}): Promise<KioskReply> {
  const id = nextId++;
  return new Promise((resolve, reject) => {
    socket.on('close', (code) => reject(new Error(`closed with ${code}`)));
    socket.on('message', (data: Buffer) => {
      const message = SocketMessage.parse(decode(data));
      if (message.type === 'reply' && message.id === id) resolve(message.reply);
    });
    socket.send(encode({ id, channel, input }));
  });
}

/** A browser shell for the tests of one file, with a client that has a fresh session before each test. */
export function newShellClient() {
  /** Set before each test. */
  const now = { dir: '', cookie: '', shell: undefined as unknown as BrowserShell };

  beforeAll(async () => {
    now.dir = await mkdtemp(join(tmpdir(), 'lintel-shell-'));
    // A small page in place of the screen: these suites are about who may have it.
    await mkdir(join(now.dir, 'renderer/assets'), { recursive: true });
    await writeFile(join(now.dir, 'renderer/index.html'), '<!doctype html><title>Lintel</title>');
    await writeFile(join(now.dir, 'renderer/assets/app.js'), 'export {};');
    now.shell = await startBrowserShell({
      dataDir: join(now.dir, 'data'),
      layout: { ...layoutOf(ROOT), rendererDir: join(now.dir, 'renderer') },
      kekProvider: fileKekProvider(join(now.dir, 'key')),
      version: '1.2.3',
      log: createLog('silent'),
      open: false,
      workers: 1,
    });
  });
  afterAll(async () => {
    await now.shell.close();
    await rm(now.dir, { recursive: true });
  });
  beforeEach(async () => {
    now.cookie = await redeem(now.shell.newAddress());
  });

  /** A request exactly as written: no URL normalisation, any Host. */
  function send(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    const { hostname, port } = new URL(now.shell.origin);
    return new Promise((resolve, reject) => {
      const request = httpRequest({ hostname, port, path, method, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (body += part));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      });
      request.on('error', reject).end();
    });
  }

  const pathOf = (address: string): string => address.slice(now.shell.origin.length);

  /** Spends an address. @returns the cookie of its session */
  async function redeem(address: string): Promise<string> {
    const { status, headers } = await send(pathOf(address));
    expect([status, headers.location]).toEqual([303, '/']);
    return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  }

  const socketTo = ({
    origin = now.shell.origin,
    headers = { cookie: now.cookie },
  }: Handshake = {}): WebSocket =>
    new WebSocket(`${now.shell.origin.replace('http', 'ws')}/kiosk`, { origin, headers });

  return {
    now,
    send,
    get: (path: string): Promise<Answer> => send(path, { cookie: now.cookie }),
    pathOf,
    redeem,
    socketTo,
    connect: (): Promise<WebSocket> => opened(socketTo()),
  };
}
