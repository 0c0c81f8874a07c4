import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@msgpack/msgpack';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { KIOSK_CHANNELS, SocketMessage, type KioskReply } from '#contract';
import { fileKekProvider } from '#core/store';
import { createLog } from '../../main/process/index.ts';
import { startBrowserShell, type BrowserShell } from '../../main/shell/browser-shell.ts';
import { layoutOf } from '../../main/shell/options.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAX_MESSAGE = 10 * 10_000_000 + 64 * 1024;

let dir: string;
let shell: BrowserShell;
let cookie: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-shell-'));
  // A small page in place of the screen: this suite is about who may have it.
  await mkdir(join(dir, 'renderer/assets'), { recursive: true });
  await writeFile(join(dir, 'renderer/index.html'), '<!doctype html><title>Lintel</title>');
  await writeFile(join(dir, 'renderer/assets/app.js'), 'export {};');
  shell = await startBrowserShell({
    dataDir: join(dir, 'data'),
    layout: { ...layoutOf(ROOT), rendererDir: join(dir, 'renderer') },
    kekProvider: fileKekProvider(join(dir, 'key')),
    version: '1.2.3',
    log: createLog('silent'),
    open: false,
    workers: 1,
  });
});
afterAll(async () => {
  await shell.close();
  await rm(dir, { recursive: true });
});
beforeEach(async () => {
  cookie = await exchange(shell.newAddress());
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request exactly as written: no URL normalisation, any Host. */
function send(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(shell.origin);
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

const get = (path: string): Promise<Answer> => send(path, { cookie });

const pathOf = (address: string): string => address.slice(shell.origin.length);

async function exchange(address: string): Promise<string> {
  const { status, headers } = await send(pathOf(address));
  expect([status, headers.location]).toEqual([303, '/']);
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

interface Handshake {
  readonly origin?: string;
  readonly headers?: Record<string, string>;
}

const socketTo = ({ origin = shell.origin, headers = { cookie } }: Handshake = {}): WebSocket =>
  new WebSocket(`${shell.origin.replace('http', 'ws')}/kiosk`, { origin, headers });

const opened = (socket: WebSocket): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    socket.on('open', () => resolve(socket));
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response) =>
      reject(new Error(`status ${response.statusCode}`)),
    );
  });

const closed = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => void socket.on('close', (code) => resolve(code)).on('error', () => undefined));

const connect = (): Promise<WebSocket> => opened(socketTo());

let nextId = 0;
function ask(socket: WebSocket, channel: string, input: unknown = {}): Promise<KioskReply> {
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

describe('the address', () => {
  it('opens the screen once', async () => {
    const path = pathOf(shell.newAddress());
    const first = await send(path);
    expect(first.status).toBe(303);
    expect(first.headers['set-cookie']).toEqual([
      expect.stringMatching(/^lintel_session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/),
    ]);
    const second = await send(path);
    expect([second.status, second.headers['set-cookie']]).toEqual([401, undefined]);
  });

  it('is not spent by HEAD, which opens nothing either', async () => {
    const path = pathOf(shell.newAddress());
    const { status, headers } = await send(path, {}, 'HEAD');
    expect([status, headers['set-cookie']]).toEqual([401, undefined]);
    expect((await send(path)).status).toBe(303);
  });

  it('is on loopback and has a secret of 256 bits', () => {
    expect(shell.newAddress()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
  });

  it.each(['/?token=', '/?token=x', `/?token=${'A'.repeat(43)}`, '/?token[]=x'])(
    'is not %s',
    async (path) => {
      expect((await send(path)).status).toBe(401);
    },
  );

  it('is good for the page only, not as a key to anything else', async () => {
    const query = new URL(shell.newAddress()).search;
    expect((await send(`/assets/app.js${query}`)).status).toBe(401);
  });

  it('when used again by the browser that has the session leads to the screen', async () => {
    const { status, headers } = await get('/?token=used');
    expect([status, headers.location]).toEqual([303, '/']);
  });

  it('ends the session that was before, and its sockets', async () => {
    const socket = await connect();
    const end = closed(socket);
    const before = cookie;
    cookie = await exchange(shell.newAddress());
    await end;
    expect((await send('/', { cookie: before })).status).toBe(401);
    expect((await get('/')).status).toBe(200);
  });
});

describe('a page', () => {
  it('is served with the session, and again on a reload', async () => {
    for (let i = 0; i < 2; i++) {
      const { status, body, headers } = await get('/');
      expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect(body).toContain('<title>Lintel</title>');
    }
  });

  it.each([
    ['/assets/app.js', 'text/javascript; charset=utf-8'],
    ['/mediapipe/wasm/vision_wasm_internal.js', 'text/javascript; charset=utf-8'],
    ['/mediapipe/wasm/vision_wasm_internal.wasm', 'application/wasm'],
    ['/models/face_landmarker.task', 'application/octet-stream'],
  ])('has %s', async (path, contentType) => {
    const { status, headers } = await get(path);
    expect([status, headers['content-type']]).toEqual([200, contentType]);
  });

  it.each(['/', '/index.html', '/assets/app.js', '/models/face_landmarker.task', '/kiosk', '/nothing'])(
    'is not served without the session: %s',
    async (path) => {
      for (const headers of [{}, { cookie: 'lintel_session=x' }, { cookie: 'lintel_session=' }]) {
        expect((await send(path, headers)).status).toBe(401);
      }
    },
  );

  it.each([
    '/../package.json',
    '/assets/../../data/settings.json',
    '/%2e%2e/package.json',
    '/..%2fpackage.json',
    '//etc/passwd',
    '/assets/..%5c..%5cpackage.json',
    '/mediapipe/wasm/../../../../package.json',
    '/models/fr_feature.onnx',
    '/models/../package.json',
    '/data/store/store.db',
    '/%00',
    '/%zz',
  ])('is nothing outside of the screen: %s', async (path) => {
    const { status, body } = await get(path);
    expect([400, 404]).toContain(status);
    expect(body).not.toContain(dir);
  });

  it('carries the security headers, refusals too', async () => {
    for (const answer of [
      await get('/'),
      await get('/nothing'),
      await send('/'),
      await send('/', { host: 'evil.example' }),
    ]) {
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      expect(answer.headers['permissions-policy']).toMatch(/^camera=\(self\), microphone=\(\)/);
      const policy = String(answer.headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
      expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*/);
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('takes no %s', async (method) => {
    expect([404, 405]).toContain((await send('/', { cookie }, method)).status);
  });
});

describe('a screen that is gone', () => {
  const upgrade = (): string[] => [
    `Cookie: ${cookie}`,
    `Origin: ${shell.origin}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  const head = (path: string, headers: readonly string[]): string =>
    [`GET ${path} HTTP/1.1`, `Host: ${new URL(shell.origin).host}`, ...headers, '', ''].join('\r\n');

  it.each<[string, () => string | Buffer]>([
    ['before it asks', () => ''],
    ['in the headers', () => head('/', [`Cookie: ${cookie}`]).slice(0, -9)],
    [
      'in an answer',
      () => head('/mediapipe/wasm/vision_wasm_internal.wasm', [`Cookie: ${cookie}`]).repeat(4),
    ],
    ['in a refusal', () => head('/', [])],
    ['in a refused upgrade', () => head('/kiosk', upgrade().slice(1))],
    ['in an upgrade of what is none', () => head('/', upgrade())],
    ['in an upgrade', () => head('/kiosk', upgrade())],
    [
      'in a message',
      () =>
        Buffer.concat([Buffer.from(head('/kiosk', upgrade())), Buffer.from('82fe1000000000000000', 'hex')]),
    ],
    ['after nonsense', () => head('/kiosk', upgrade()) + 'nonsense'.repeat(9)],
  ])('%s is one less, and others are served', async (_stage, sent) => {
    const faults: unknown[] = [];
    const noteFault = (fault: unknown): void => void faults.push(fault);
    process.on('uncaughtException', noteFault).on('unhandledRejection', noteFault);
    for (const isRead of [false, true]) {
      const wire = createConnection(Number(new URL(shell.origin).port), '127.0.0.1');
      wire.on('error', () => undefined);
      wire.write(sent());
      await once(wire, 'connect');
      if (isRead) await get('/nothing');
      wire.resetAndDestroy();
    }
    const socket = await connect();
    expect(await ask(socket, 'appliance.status')).toMatchObject({ ok: true });
    socket.terminate();
    expect((await get('/')).status).toBe(200);
    process.off('uncaughtException', noteFault).off('unhandledRejection', noteFault);
    expect(faults).toEqual([]);
  });
});

describe('another name for this machine', () => {
  it.each(['evil.example', 'localhost', '127.0.0.1', '127.0.0.1:1'])('is refused: Host %j', async (host) => {
    const path = pathOf(shell.newAddress());
    for (const target of ['/', path])
      expect([400, 421]).toContain((await send(target, { host, cookie })).status);
    // The token was not spent on it.
    expect((await send(path)).status).toBe(303);
  });

  it('is refused for the socket', async () => {
    await expect(opened(socketTo({ headers: { cookie, host: 'evil.example' } }))).rejects.toThrow(
      'status 421',
    );
  });
});

describe('the socket', () => {
  it.each(['http://evil.example', 'null', 'http://localhost', 'https://127.0.0.1'])(
    'is refused to the origin %s',
    async (origin) => {
      await expect(opened(socketTo({ origin }))).rejects.toThrow('status 403');
    },
  );

  it('is refused without the session, whatever else is right', async () => {
    await expect(opened(socketTo({ headers: {} }))).rejects.toThrow('status 401');
    const query = new URL(shell.newAddress()).search;
    const socket = new WebSocket(`${shell.origin.replace('http', 'ws')}/kiosk${query}`, {
      origin: shell.origin,
    });
    await expect(opened(socket)).rejects.toThrow('status 401');
    const root = new WebSocket(`${shell.origin.replace('http', 'ws')}/${query}`, { origin: shell.origin });
    await expect(opened(root)).rejects.toThrow('status 401');
  });

  it('answers, in any order, by id', async () => {
    const socket = await connect();
    const [status, ticket] = await Promise.all([ask(socket, 'appliance.status'), ask(socket, 'visit.begin')]);
    expect(status).toMatchObject({
      ok: true,
      value: { version: '1.2.3', enrolledCount: 0, pausedForMs: 0, faceIsOff: false },
    });
    expect(ticket).toMatchObject({ ok: true, value: { frameCount: 3 } });
    socket.terminate();
  });

  it('refuses an unknown channel and keeps going', async () => {
    const socket = await connect();
    expect(await ask(socket, 'store.dump')).toMatchObject({ ok: false, error: { code: 'channel-unknown' } });
    expect(await ask(socket, 'appliance.status')).toMatchObject({ ok: true });
    socket.terminate();
  });

  it.each(
    Object.entries(KIOSK_CHANNELS).flatMap(([name, { access }]) => (access === 'operator' ? [name] : [])),
  )('refuses %s without an operator', async (channel) => {
    const socket = await connect();
    expect(await ask(socket, channel)).toMatchObject({ ok: false, error: { code: 'operator-required' } });
    socket.terminate();
  });

  it.each([
    ['bytes that are no MessagePack', Buffer.from([0xc1]), 1007],
    [
      'a message cut short',
      Buffer.from(encode({ id: 1, channel: 'appliance.status', input: {} })).subarray(0, 9),
      1007,
    ],
    ['a request without an id', encode({ channel: 'appliance.status', input: {} }), 1007],
    ['a request with more than it should have', encode({ id: 1, channel: 'x', input: {}, token: 1 }), 1007],
    ['an array', encode([1, 'appliance.status', {}]), 1007],
    ['two messages in one', Buffer.concat([encode({ id: 1, channel: 'x', input: {} }), encode(1)]), 1007],
    ['nothing', Buffer.alloc(0), 1007],
    ['a depth bomb', Buffer.alloc(100_000, 0x91), 1007],
    ['an array that claims four billion items', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]), 1007],
    ['text', '{"id":1}', 1003],
  ])('closes on %s', async (_, message, code) => {
    const socket = await connect();
    const end = closed(socket);
    socket.send(message);
    expect(await end).toBe(code);
    const again = await connect();
    expect(await ask(again, 'appliance.status')).toMatchObject({ ok: true });
    again.terminate();
  });

  it('closes on a message larger than any request', async () => {
    const socket = await connect();
    const end = closed(socket);
    socket.send(Buffer.alloc(MAX_MESSAGE + 1));
    expect(await end).toBe(1009);
    const again = await connect();
    expect(await ask(again, 'appliance.status')).toMatchObject({ ok: true });
    again.terminate();
  });

  it('takes the largest request of the contract', async () => {
    const socket = await connect();
    const images = Array.from({ length: 10 }, () => new Uint8Array(10_000_000));
    expect(await ask(socket, 'people.enrol', { metadata: {}, images })).toMatchObject({
      ok: false,
      error: { code: 'operator-required' },
    });
    socket.terminate();
  });

  it('may be opened by a reload before the old one is gone; of many, the oldest ends', async () => {
    const oldest = await connect();
    const end = closed(oldest);
    const others = [await connect(), await connect(), await connect()];
    expect(oldest.readyState).toBe(WebSocket.OPEN);
    const newest = await connect();
    await end;
    expect(await ask(newest, 'appliance.status')).toMatchObject({ ok: true });
    for (const socket of [...others, newest]) socket.terminate();
  });

  it('brings events, and signs an operator in on itself alone', async () => {
    const socket = await connect();
    const events: { readonly event: string; readonly body: unknown }[] = [];
    socket.on('message', (data: Buffer) => {
      const message = SocketMessage.parse(decode(data));
      if (message.type === 'event') events.push(message);
    });
    const setupCode = /([0-9]{5} [0-9]{5})$/m.exec(shell.setupCode ?? '')?.[1];
    shell.newAddress();
    expect(await ask(socket, 'operator.set-pin', { pin: '271828' })).toMatchObject({
      ok: false,
      error: { code: 'setup-code-wrong' },
    });
    expect(await ask(socket, 'operator.set-pin', { pin: '271828', setupCode })).toEqual({
      ok: true,
      value: {},
    });
    // Once: that an address was given out again is no news of the screen.
    expect(events).toMatchObject([{ event: 'appliance.status-changed', body: { pinIsSet: true } }]);
    expect(await ask(socket, 'operator.login', { pin: '271828' })).toEqual({ ok: true, value: {} });
    expect(await ask(socket, 'people.list')).toEqual({ ok: true, value: { faces: [], total: 0 } });
    const other = await connect();
    expect(await ask(other, 'people.list')).toMatchObject({
      ok: false,
      error: { code: 'operator-required' },
    });
    for (const each of [socket, other]) each.terminate();
  });
});
