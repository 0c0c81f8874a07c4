import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REALEYES } from '#contract';
import { startServer as start, type RunningServer } from '../../server/server.ts';
import { lintel, mustRun, newInstallation, type Installation } from '../support/appliance.ts';
import { SERVER_OPTIONS } from '../support/server-options.ts';
import {
  form,
  openServer,
  portraits,
  send,
  startServer,
  type Answer,
  type Server,
} from '../support/server.ts';

/**
 * The OWASP API Security Top 10 of 2023. Its first, object level authorization, is in isolation.test.ts too; its ninth,
 * inventory, is inventory.test.ts.
 */

const collectionId = 'c';
let server: Server;
let robin: string;

const search = (image: object, sent: object = {}): Promise<Answer> =>
  send(server, 'POST /v1/face/search', { body: { collectionId, image }, ...sent });

beforeAll(async () => {
  server = await openServer();
  robin = (await portraits()).robin;
  await server.client.createCollection({ collectionId });
});
afterAll(() => server.remove());

it('API1, object level authorization: another account’s face is not found by its id', async () => {
  const { faceId } = await server.client.indexFace({ collectionId, image: { bytes: robin } });
  const authorization = `ApiKey ${await server.newAccount('API1')}`;
  await send(server, 'POST /v1/collection/create', { authorization, body: { collectionId } });
  const { status } = await send(server, 'PUT /v1/external-key/set', {
    authorization,
    body: { collectionId, faceId, externalKey: 'k' },
  });
  expect(status).toBe(404);
});

describe('API2, authentication', () => {
  it('ends with the revocation of a key', async () => {
    const { keyId, authorization } = await server.newKey();
    expect((await send(server, 'GET /v1/collection/get-all', { authorization })).status).toBe(200);
    await mustRun(server.installation, 'account', 'keys', 'revoke', keyId);
    expect((await send(server, 'GET /v1/collection/get-all', { authorization })).status).toBe(401);
  });

  it('takes no key from an address, where logs would keep it', async () => {
    const path = `GET /v1/collection/get-all?apiKey=${server.apiKey}&authorization=${server.apiKey}`;
    expect((await send(server, path, { authorization: null })).status).toBe(401);
  });

  it('comes before the body is looked at', async () => {
    const { status } = await search({}, { authorization: 'ApiKey wrong' });
    expect(status).toBe(401);
  });
});

it('API3, property level authorization: properties beyond the documented are neither taken nor given', async () => {
  const body = {
    collectionId,
    image: { bytes: robin },
    externalKey: 'mine',
    faceId: 'face_mine',
    account: 'local',
    accountId: 'local',
  };
  const { body: indexed } = await send(server, 'POST /v1/face/index', { body });
  expect(indexed['faceId']).not.toBe('face_mine');
  expect(await server.client.getFaceIds({ collectionId, externalKey: 'mine' })).toEqual({ faceIds: [] });
  expect(Object.keys(indexed).toSorted()).toEqual(['face', 'faceId', 'hasFace', 'unprocessedFaceCount']);
  expect(Object.keys(indexed['face'] as object).toSorted()).toEqual(['boundingBox', 'confidence']);
});

describe('API4, resource consumption', () => {
  let limited: Installation;
  beforeAll(async () => {
    limited = await newInstallation();
  });
  afterAll(() => limited.remove());

  it('is limited in requests per key', async () => {
    const other = await startServer(limited, '--rate-limit', '5');
    const statuses = [];
    let last: Answer | undefined;
    for (let i = 0; i < 7; i++) {
      last = await send(other, 'GET /v1/collection/get-all');
      statuses.push(last.status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    expect(last?.body['code']).toBe('rate-limited');
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
    const { answer } = await lintel(limited, 'account', 'create', 'other');
    const authorization = `ApiKey ${String(answer['apiKey'])}`;
    expect((await send(other, 'GET /v1/collection/get-all', { authorization })).status).toBe(200);
    expect((await send(other, 'GET /v1/healthz')).status).toBe(200);
    await other.stop();
  });

  it('is limited in requests of a key that only the body shows', async () => {
    const other = await startServer(limited, '--rate-limit', '5');
    const { answer } = await lintel(limited, 'account', 'create', 'by form');
    const apiKey = String(answer['apiKey']);
    const secret = { client_id: String(answer['accountId']), client_secret: apiKey };
    const asked = { grant_type: 'client_credentials', ...secret };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const match = () =>
      send(other, 'POST /api/v1/match', { authorization: null, body: form({ api_key: apiKey }) });
    const token = () =>
      send(other, 'POST /api/oauth/token', {
        authorization: null,
        headers,
        body: new URLSearchParams(asked).toString(),
      });
    const answers: Answer[] = [];
    for (const call of [match, match, match, token, token, match, token]) answers.push(await call());
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 200, 200, 429, 429]);
    for (const { headers } of answers.slice(-2))
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    await other.stop();
  });

  it('is limited in the size of bodies and images, and in pixels', async () => {
    const tooLarge = await search({ bytes: Buffer.alloc(10_000_001, 0xff).toString('base64') });
    expect([tooLarge.status, tooLarge.body['code']]).toEqual([413, 'image-too-large']);
    const bomb = sharp({ create: { width: 8000, height: 8000, channels: 3, background: 'white' } }).png();
    const { status, body } = await search({ bytes: (await bomb.toBuffer()).toString('base64') });
    expect([status, body['code']]).toEqual([400, 'image-too-many-pixels']);
  });

  it('is limited in the time that headers take, while others are served', async () => {
    const installation = await newInstallation();
    // Long enough for whoever sends them at once, also on a busy machine.
    const headersDeadline = { ms: 5_000, lookEveryMs: 100 };
    const inside = await start({ ...SERVER_OPTIONS, ...installation, headersDeadline });
    const port = Number(new URL(inside.origin).port);
    // Whole lines, half a line, nothing at all.
    const sent = ['GET /v1/healthz HTTP/1.1\r\nHost: server\r\n', 'GET /v1/hea', ''];
    const answers = sent.map((start) => {
      const socket = connect(port, '127.0.0.1');
      socket.write(start);
      return text(socket);
    });
    expect((await fetch(`${inside.origin}/v1/healthz`)).status).toBe(200);
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*request-timeout/);
    }
    await inside.close();
    await installation.remove();
  });

  it('is limited in bodies under way: the next is refused for now, other clients and the server go on', async () => {
    const { hostname, port } = new URL(server.origin);
    const headers = { authorization: `ApiKey ${server.apiKey}`, 'content-type': 'application/json' };
    const options = { hostname, port, method: 'POST', path: '/v1/face/search', agent: false };
    const open = Array.from({ length: 7 }, () => request({ ...options, headers }));
    // The server cuts off who goes on sending after its answer.
    for (const sent of open) sent.on('error', () => undefined);
    const refused = open.map(async (sent) => {
      const [{ statusCode: status, headers }] = (await once(sent, 'response')) as [IncomingMessage];
      return { status, retryAfter: headers['retry-after'] };
    });
    // Never whole: six take up all that one account may, in part of the last.
    for (const sent of open) sent.write(' '.repeat(13_900_000));
    expect(await Promise.race(refused)).toEqual({ status: 503, retryAfter: '1' });
    const other = { authorization: `ApiKey ${await server.newAccount('API4')}` };
    const body = { collectionId, description: 'x'.repeat(100_000) };
    expect((await send(server, 'POST /v1/collection/create', { ...other, body })).status).toBe(400);
    expect((await send(server, 'GET /v1/collection/get-all')).status).toBe(200);
    void Promise.allSettled(refused);
    for (const sent of open) sent.destroy();
    await expect.poll(async () => (await search({ bytes: robin })).status).toBe(200);
  });

  it.each([
    ['large', { 'content-length': 13_900_000 }],
    ['of unknown length', { 'transfer-encoding': 'chunked' }],
  ])('is not open to bodies of an unknown client that are %s', async (_name, headers) => {
    const { hostname, port } = new URL(server.origin);
    for (const path of ['/v1/sync/pair', '/nowhere', '/v1/healthz']) {
      const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
      const all = { 'content-type': 'application/json', ...headers };
      const sent = request({ hostname, port, method: 'POST', path, agent: false, headers: all });
      sent.on('response', ({ statusCode }) => resolve(statusCode)).on('error', reject);
      sent.write(' '.repeat(20_000));
      expect(await promise).toBe(413);
      sent.destroy();
    }
  });
});

it('API5, function level authorization: each endpoint takes its scope and no other', async () => {
  for (const given of ['read', 'write', 'admin'] as const) {
    const { authorization } = await server.newKey(given);
    for (const { method, path, scope } of Object.values(REALEYES)) {
      const { status } = await send(server, `${method} ${path}`, { authorization });
      expect([path, given, status === 403]).toEqual([path, given, scope !== given]);
    }
  }
});

it('API6, business flows: through Realeyes no client can list the people of a collection, only ask for one at a time', async () => {
  const { faceId } = await server.client.indexFace({ collectionId, image: { bytes: robin } });
  await server.client.setExternalKey({ collectionId, faceId: faceId!, externalKey: 'user-1' });
  for (const query of [
    '',
    '?collectionId=c',
    ...['faceId=*', 'externalKey=*', 'externalKey=%25'].map((key) => `?collectionId=c&${key}`),
  ]) {
    const { body } = await send(server, `GET /v1/external-key/get-face-ids${query}`);
    expect(body['faceIds'] ?? []).toEqual([]);
  }
  for (const path of [
    '/v1/face',
    '/v1/faces',
    '/v1/face/list',
    '/v1/face/get-all',
    '/v1/external-key/get-all',
  ]) {
    expect((await send(server, `GET ${path}`)).status).toBe(404);
  }
});

it('API7, request forgery: the server does not ask its own network', async () => {
  let reached = 0;
  const inside = createServer((_request, response) => {
    reached++;
    response.end();
  });
  await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
  const { port } = inside.address() as AddressInfo;
  for (const host of [
    '127.0.0.1',
    'localhost',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0177.0.0.1',
    '0.0.0.0',
  ]) {
    const { status, body } = await search({ url: `http://${host}:${port}/` });
    expect([host, status, body['code']]).toEqual([host, 400, 'image-url-failed']);
    expect(JSON.stringify(body)).not.toContain(String(port));
  }
  expect(reached).toBe(0);
  inside.close();
});

describe('API8, configuration', () => {
  it('gives no cache, sniffing, other origin or version of software a chance', async () => {
    const { headers } = await send(server, 'GET /v1/collection/get-all', {
      headers: { origin: 'https://elsewhere.example' },
    });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('server')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('answers with problems that hold no stack, path or input', async () => {
    const secret = 'SENTINEL-VALUE';
    for (const body of [
      `{"collectionId":"${secret} x"}`,
      `{"image":{"bytes":"${secret}!"},"collectionId":"c"}`,
      `{${secret}`,
    ]) {
      const answer = await send(server, 'POST /v1/face/search', { body });
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.body)).not.toMatch(/SENTINEL|node_modules|\.ts|    at /);
    }
  });

  it('keeps its metrics from clients without a key, also on this machine', async () => {
    expect((await send(server, 'GET /metrics', { authorization: null })).status).toBe(401);
    const { authorization } = await server.newKey('read', 'write');
    expect((await send(server, 'GET /metrics', { authorization })).status).toBe(403);
    const forwarded = { headers: { 'x-forwarded-for': '93.184.215.14' } };
    expect((await send(server, 'GET /metrics', { authorization: null, ...forwarded })).status).toBe(401);
    expect((await send(server, 'GET /metrics', forwarded)).status).toBe(200);
  });

  it('keeps them from whoever registered, though their keys may do everything in their accounts', async () => {
    const body = { email: 'mallory@company.com', name: 'Mallory' };
    const registered = await send(server, 'POST /api/v1/register', { authorization: null, body });
    const authorization = `Bearer ${String(registered.body['api_key'])}`;
    expect((await send(server, 'GET /metrics', { authorization })).status).toBe(403);
    expect((await send(server, 'GET /v1/collection/get-all', { authorization })).status).toBe(200);
  });
});

describe('API10, what other servers send', () => {
  /** Requests that arrived elsewhere, by path, and megabytes of the endless answer. */
  const asked = new Map<string, number>();
  let parts = 0;
  /** A server elsewhere that gives each path its answer. */
  const answers: Record<string, (response: ServerResponse) => void> = {
    '/page': (response) => response.setHeader('content-type', 'text/html').end('<h1>no image</h1>'),
    '/lie': (response) => response.setHeader('content-type', 'image/jpeg').end('<h1>no image</h1>'),
    '/endless': (response) => {
      const part = Buffer.alloc(1 << 20, 0xff);
      const more = (): void => {
        parts++;
        if (!response.destroyed) response.write(part, more);
      };
      more();
    },
    '/away': (response) => {
      const { port } = elsewhere.address() as AddressInfo;
      response.writeHead(302, { location: `http://127.0.0.1:${port}/inside` }).end();
    },
    '/round': (response) => response.writeHead(302, { location: '/round' }).end(),
  };
  let installation: Installation;
  let inside: RunningServer;
  const elsewhere = createServer(({ url = '' }, response) => {
    asked.set(url, (asked.get(url) ?? 0) + 1);
    answers[url]?.(response);
  });

  beforeAll(async () => {
    installation = await newInstallation();
    await new Promise<void>((resolve) => elsewhere.listen(0, '0.0.0.0', resolve));
    const { port } = elsewhere.address() as AddressInfo;
    const fetchImage = { isAllowed: (address: string) => address === '127.0.0.2', ports: [port] };
    inside = await start({ ...SERVER_OPTIONS, ...installation, bootstrapKey: server.apiKey, fetchImage });
    await send(inside, 'POST /v1/collection/create', { ...sender(), body: { collectionId } });
  });
  afterAll(async () => {
    await inside.close();
    elsewhere.closeAllConnections();
    elsewhere.close();
    await installation.remove();
  });
  const sender = () => ({ authorization: `ApiKey ${server.apiKey}` });

  it.each([
    ['/page', 'image-url-failed'],
    ['/lie', 'image-unsupported'],
    ['/endless', 'image-url-failed'],
    ['/away', 'image-url-failed'],
    ['/round', 'image-url-failed'],
  ])('is not believed: %s', async (path, code) => {
    const { port } = elsewhere.address() as AddressInfo;
    const { status, body } = await send(inside, 'POST /v1/face/search', {
      ...sender(),
      body: { collectionId, image: { url: `http://127.0.0.2:${port}${path}` } },
    });
    expect([status, body['code']]).toEqual([400, code]);
  });

  it('is not followed for long, far or into networks of one’s own', () => {
    expect(asked.get('/round')).toBe(4);
    expect(asked.get('/inside')).toBeUndefined();
    // 10 MB, and what the system holds on the way.
    expect(parts).toBeLessThan(32);
  });

  it('is not asked for at all when that is turned off', async () => {
    const off = await openServer('--image-url', 'off');
    await off.client.createCollection({ collectionId });
    const { status, body } = await send(off, 'POST /v1/face/search', {
      body: { collectionId, image: { url: 'https://images.example/a.jpg' } },
    });
    expect([status, body['code']]).toEqual([400, 'image-url-off']);
    await off.remove();
  });
});
