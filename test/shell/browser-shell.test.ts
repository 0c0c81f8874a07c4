import { once } from 'node:events';
import { createConnection } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ask, closed, opened, newShellClient } from './shell-client.ts';

const { connect, get, pathOf, redeem, send, socketTo, now } = newShellClient();

describe('the address', () => {
  it('opens the screen once', async () => {
    const path = pathOf(now.shell.newAddress());
    const first = await send(path);
    expect(first.status).toBe(303);
    expect(first.headers['set-cookie']).toEqual([
      expect.stringMatching(/^lintel_session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/),
    ]);
    const second = await send(path);
    expect([second.status, second.headers['set-cookie']]).toEqual([401, undefined]);
  });

  it('is not spent by HEAD, which opens nothing either', async () => {
    const path = pathOf(now.shell.newAddress());
    const { status, headers } = await send(path, {}, 'HEAD');
    expect([status, headers['set-cookie']]).toEqual([401, undefined]);
    expect((await send(path)).status).toBe(303);
  });

  it('is on loopback and has a secret of 256 bits', () => {
    expect(now.shell.newAddress()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
  });

  it.each(['/?token=', '/?token=x', `/?token=${'A'.repeat(43)}`, '/?token[]=x'])(
    'is not %s',
    async (path) => {
      expect((await send(path)).status).toBe(401);
    },
  );

  it('is good for the page only, not as a key to anything else', async () => {
    const query = new URL(now.shell.newAddress()).search;
    expect((await send(`/assets/app.js${query}`)).status).toBe(401);
  });

  it('when used again by the browser that has the session leads to the screen', async () => {
    const { status, headers } = await get('/?token=used');
    expect([status, headers.location]).toEqual([303, '/']);
  });

  it('ends the session that was before, and its sockets', async () => {
    const socket = await connect();
    const end = closed(socket);
    const before = now.cookie;
    now.cookie = await redeem(now.shell.newAddress());
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
    expect(body).not.toContain(now.dir);
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
    expect([404, 405]).toContain((await send('/', { cookie: now.cookie }, method)).status);
  });
});

describe('a screen that is gone', () => {
  const upgrade = (): string[] => [
    `Cookie: ${now.cookie}`,
    `Origin: ${now.shell.origin}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  const head = (path: string, headers: readonly string[]): string =>
    [`GET ${path} HTTP/1.1`, `Host: ${new URL(now.shell.origin).host}`, ...headers, '', ''].join('\r\n');

  it.each<[string, () => string | Buffer]>([
    ['before it asks', () => ''],
    ['in the headers', () => head('/', [`Cookie: ${now.cookie}`]).slice(0, -9)],
    [
      'in an answer',
      () => head('/mediapipe/wasm/vision_wasm_internal.wasm', [`Cookie: ${now.cookie}`]).repeat(4),
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
      const wire = createConnection(Number(new URL(now.shell.origin).port), '127.0.0.1');
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
    const path = pathOf(now.shell.newAddress());
    for (const target of ['/', path])
      expect([400, 421]).toContain((await send(target, { host, cookie: now.cookie })).status);
    // The token was not spent on it.
    expect((await send(path)).status).toBe(303);
  });

  it('is refused for the socket', async () => {
    await expect(opened(socketTo({ headers: { cookie: now.cookie, host: 'evil.example' } }))).rejects.toThrow(
      'status 421',
    );
  });
});
