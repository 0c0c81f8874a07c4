import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from '#client';
import { connect as joined, greet, pair } from '../../main/sync/http-transport.ts';
import { createImageFetcher } from '../../server/http/images/index.ts';
import { startServer, type RunningServer } from '../../server/server.ts';
import { newInstallation, type Installation } from '../support/appliance.ts';
import { SERVER_OPTIONS } from '../support/server-options.ts';
import { BOOTSTRAP_KEY, portraits } from '../support/server.ts';

/** Connections that are reset at every stage, by clients and by servers: no error may be left without a listener. */

const options = { ...SERVER_OPTIONS, rateLimit: 100_000, bootstrapKey: BOOTSTRAP_KEY, workers: 1 };

let installation: Installation;
let tls: { tlsCert: string; tlsKey: string };

/** What would have ended the process. */
const faults: unknown[] = [];
const noteFault = (fault: unknown): void => void faults.push(fault);

beforeAll(async () => {
  process.on('uncaughtException', noteFault).on('unhandledRejection', noteFault);
  installation = await newInstallation();
  const folder = join(installation.data, '..');
  tls = { tlsCert: join(folder, 'tls.crt'), tlsKey: join(folder, 'tls.key') };
  const how = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const where = ['-subj', '/CN=localhost', '-keyout', tls.tlsKey, '-out', tls.tlsCert];
  await promisify(execFile)('openssl', ['req', ...how, ...where]);
});
afterAll(async () => {
  process.off('uncaughtException', noteFault).off('unhandledRejection', noteFault);
  await installation.remove();
});
beforeEach(() => void faults.splice(0));

const head = (line: string, ...headers: string[]): string =>
  [`${line} HTTP/1.1`, 'Host: server', ...headers, '', ''].join('\r\n');
const KEY = `Authorization: ApiKey ${BOOTSTRAP_KEY}`;
const JSON_BODY = 'Content-Type: application/json';
const LARGE = head('GET /swagger/static/swagger-ui-bundle.js').repeat(10);

const PART = '--b\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\nxx';
const form = (length: number): string =>
  head(
    'POST /api/v1/enroll',
    `X-API-Key: ${BOOTSTRAP_KEY}`,
    'Content-Type: multipart/form-data; boundary=b',
    `Content-Length: ${length}`,
  ) + PART;

/** What is sent before the connection is reset. */
const SENT: Readonly<Record<string, string>> = {
  nothing: '',
  'half of the headers': head('POST /v1/face/search', KEY).slice(0, -20),
  'half of a body': head('POST /v1/face/search', KEY, JSON_BODY, 'Content-Length: 90000') + ' '.repeat(40_000),
  'half of a body in chunks':
    head('POST /v1/face/search', KEY, JSON_BODY, 'Transfer-Encoding: chunked') + 'fff\r\n    ',
  'half of a body without a key': head('POST /v1/face/search', JSON_BODY, 'Content-Length: 90000') + '   ',
  'half of a body too large':
    head('POST /v1/sync/pair', JSON_BODY, 'Transfer-Encoding: chunked') + `fff0\r\n${' '.repeat(40_000)}`,
  'half of a form': form(90_000),
  'a form that lacks its end': form(PART.length),
  'half of a message': head('POST /v1/sync/push', 'Authorization: Device x', 'Content-Length: 900') + 'xx',
  'a request, and garbage': `${head('GET /v1/healthz')}\x00\x01garbage`,
  'many requests': LARGE,
  'an upgrade': head('GET /v1/healthz', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'),
  'a tunnel': head('CONNECT server:80'),
  'a question whether to go on': head(
    'POST /v1/face/search',
    KEY,
    JSON_BODY,
    'Expect: 100-continue',
    'Content-Length: 9',
  ),
}; // prettier-ignore

describe.each(['http', 'https'] as const)('a server of %s', (scheme) => {
  let server: RunningServer;
  let port: number;
  let robin: string;

  beforeAll(async () => {
    robin = (await portraits()).robin;
    server = await startServer({ ...options, ...installation, ...(scheme === 'https' && tls) });
    port = Number(new URL(server.origin).port);
  });
  afterAll(() => server.close());

  /** A connection, and the one below it that can be reset. */
  async function open(): Promise<{ socket: Socket; wire: Socket }> {
    const wire = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(wire, 'connect');
    if (scheme === 'http') return { socket: wire, wire };
    const socket: TLSSocket = connectTls({ socket: wire, rejectUnauthorized: false });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return { socket, wire };
  }

  const reset = async (wire: Socket): Promise<void> => {
    // The server may have been first.
    if (wire.destroyed) return;
    const end = once(wire, 'close');
    wire.resetAndDestroy();
    await end;
  };

  /** @returns the status of a request on a connection of its own, by which the server has read what was sent before */
  async function healthz(): Promise<string> {
    const { socket, wire } = await open();
    socket.write(head('GET /v1/healthz', 'Connection: close'));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    await reset(wire);
    return answer.toString().split('\r\n', 1)[0] ?? '';
  }

  const connections = (): Promise<number> =>
    promisify(server.app.server.getConnections.bind(server.app.server))();

  const state = async () => ({ answer: await healthz(), faults });
  const FINE = { answer: 'HTTP/1.1 200 OK', faults: [] };

  it.each(Object.entries(SENT))('goes on after a reset behind %s', async (_name, sent) => {
    for (const isRead of [false, true]) {
      const { socket, wire } = await open();
      if (sent !== '') socket.write(sent);
      if (isRead) await healthz();
      await reset(wire);
    }
    expect(await state()).toEqual(FINE);
  });

  it('goes on after a reset in the middle of an answer', async () => {
    const { socket, wire } = await open();
    socket.write(LARGE);
    await once(socket, 'data');
    socket.pause();
    await healthz();
    await reset(wire);
    expect(await state()).toEqual(FINE);
  });

  it('goes on after a reset while it works on an answer', async () => {
    const body = JSON.stringify({ collectionId: 'c', image: { bytes: robin } });
    const { socket, wire } = await open();
    socket.write(
      head('POST /v1/face/search', KEY, JSON_BODY, `Content-Length: ${Buffer.byteLength(body)}`) + body,
    );
    await healthz();
    await reset(wire);
    expect(await state()).toEqual(FINE);
  });

  it.runIf(scheme === 'https')('goes on after resets and nonsense in the handshake', async () => {
    // The first bytes of a ClientHello that announces more, an alert, no TLS at all.
    for (const bytes of ['1603010200010001fc0303', '15030300020100', '474554202f20485454']) {
      for (const isRead of [false, true]) {
        const wire = connect(port, '127.0.0.1').on('error', () => undefined);
        await once(wire, 'connect');
        wire.write(Buffer.from(bytes, 'hex'));
        if (isRead) await healthz();
        await reset(wire);
      }
    }
    expect(await state()).toEqual(FINE);
  });

  it('has let go of all of them', async () => {
    await expect.poll(connections).toBe(0);
  });
});

describe('a server whose client falls silent', () => {
  it('ends a connection whose handshake does not come to its end, while others are served', async () => {
    // Long enough for whoever shakes hands at once, also on a busy machine.
    const headersDeadline = { ms: 5_000, lookEveryMs: 100 };
    const server = await startServer({ ...options, ...installation, ...tls, headersDeadline });
    const { port } = new URL(server.origin);
    const ends = ['', '16', '1603010200010001fc0303'].map(async (bytes) => {
      const wire = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
      wire.on('error', () => undefined).resume();
      wire.write(Buffer.from(bytes, 'hex'));
      await once(wire, 'end');
      wire.destroy();
    });
    const secure = connectTls({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false });
    await once(secure, 'secureConnect');
    secure.write(head('GET /v1/healthz', 'Connection: close'));
    expect(String((await once(secure, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 OK/);
    secure.destroy();
    await Promise.all(ends);
    expect(faults).toEqual([]);
    await server.close();
  });
});

/** What a server sends before it resets the connection; null: it resets before the request is read. */
const ANSWERED: Readonly<Record<string, string | null>> = {
  'before a request': null,
  'instead of an answer': '',
  'in its headers': 'HTTP/1.1 200 OK\r\nContent-Ty',
  'in an answer': 'HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 9000\r\n\r\nxxxx',
  'in a chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\nxxxx',
  'in a refusal': 'HTTP/1.1 401 No\r\nContent-Length: 9000\r\n\r\nxxxx',
  'in a redirect': 'HTTP/1.1 302 Found\r\nLocation: http://[x\r\nContent-Length: 9000\r\n\r\nxxxx',
};

describe.each(Object.entries(ANSWERED))('a client whose server resets %s', (_stage, answer) => {
  let server: Server;
  let origin: string;
  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      if (answer === null) socket.resetAndDestroy();
      else socket.once('data', () => socket.write(answer, () => socket.resetAndDestroy()));
    });
    await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('gets an error, and goes on', async () => {
    const port = Number(new URL(origin).port);
    const fetchImage = createImageFetcher({ isAllowed: () => true, ports: [port] });
    const query = { replicaId: 'rep', cursor: 0, limit: 1, bytes: 1, modelId: 'm', wanted: [] };
    const calls = [
      greet({ origin }),
      pair({ origin }, { code: 'x', name: 'x', publicKey: 'x' }),
      joined({ origin }, 'key', { protocols: [1], server: '' }).pull(query),
      createClient({ origin, apiKey: 'key' }).getAllCollections({}),
      fetchImage(`${origin}/image`, 'account'),
    ];
    const ends = await Promise.allSettled(calls);
    // Who a server is that breaks off is not known; everything else fails.
    expect(ends.slice(1).map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
      'rejected',
      'rejected',
    ]);
    await breathe();
    expect(faults).toEqual([]);
  });
});
