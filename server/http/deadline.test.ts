import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installAnswerDeadline, installDeadline, setDeadline } from './deadline.ts';
import { refuseConnection } from './errors/index.ts';

const LIMIT_MS = 100;
const GRACE_MS = 50;

let app: FastifyInstance;
/** The server's end of each connection. */
let sockets: Socket[];

beforeEach(async () => {
  sockets = [];
  app = Fastify({ clientErrorHandler: (error, socket) => refuseConnection(error, socket, GRACE_MS) });
  app.server.on('connection', (socket) => sockets.push(socket));
  installDeadline(app, LIMIT_MS);
  installAnswerDeadline(app, ({ url }) => (url === '/large' ? LIMIT_MS : 60_000));
  app.get('/large', async () => Buffer.alloc(1 << 26));
  app.post('/', async () => 'arrived');
  const onRequest = (request: Parameters<typeof setDeadline>[0], _reply: unknown, done: () => void): void => {
    setDeadline(request, 60_000);
    done();
  };
  app.post('/known', { onRequest }, async () => 'arrived');
  app.get('/work', async () => {
    await sleep(3 * LIMIT_MS);
    return 'done';
  });
  await app.listen();
});
afterEach(() => app.close());

/** A request whose body does not end, or not before a pause, and the answer. */
async function trickle(path: string, { pauseMs }: { pauseMs: number | null }): Promise<string> {
  const socket = connect((app.server.address() as AddressInfo).port);
  await once(socket, 'connect');
  const head = `POST ${path} HTTP/1.1\r\nHost: server\r\nContent-Type: text/plain\r\nConnection: close\r\n`;
  socket.write(`${head}Content-Length: 2\r\n\r\na`);
  const answer = text(socket);
  if (pauseMs !== null) {
    await sleep(pauseMs);
    socket.write('b');
  }
  return await answer;
}

describe('a request whose body comes too slowly', () => {
  it('is refused', async () => {
    expect(await trickle('/', { pauseMs: null })).toMatch(/^HTTP\/1\.1 408 [^]*request-timeout/);
  });

  it('is waited for when its sender is known', async () => {
    expect(await trickle('/known', { pauseMs: 5 * LIMIT_MS })).toMatch(/^HTTP\/1\.1 200 [^]*arrived$/);
  });
});

it('a request that takes long to be served is served', async () => {
  const { port } = app.server.address() as AddressInfo;
  expect(await (await fetch(`http://localhost:${port}/work`)).text()).toBe('done');
});

it('a request that is injected has no connection to end', async () => {
  let refused = 0;
  app.server.on('clientError', () => void (refused += 1));
  expect((await app.inject('/work')).payload).toBe('done');
  expect(refused).toBe(0);
});

describe('a client that reads nothing and closes nothing', () => {
  /** Sends something and waits until the server has let go of the connection. */
  async function until(text: string): Promise<void> {
    const { port } = app.server.address() as AddressInfo;
    const accepted = once(app.server, 'connection');
    const client = connect({ port, allowHalfOpen: true });
    client.pause().write(text);
    await accepted;
    const [socket] = sockets;
    if (!socket!.destroyed) await once(socket!, 'close');
    client.destroy();
  }

  it.each([
    ['is no HTTP', 'words\r\n\r\n'],
    ['sends half a body', 'POST / HTTP/1.1\r\nHost: server\r\nContent-Length: 14000000\r\n\r\na'],
    ['does not take its answer', 'GET /large HTTP/1.1\r\nHost: server\r\n\r\n'],
  ])('is let go of when it %s', async (_what, text) => {
    await until(text);
    expect(sockets).toHaveLength(1);
    expect(sockets[0]!.destroyed).toBe(true);
  });
});
