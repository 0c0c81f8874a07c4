import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installDeadline, setDeadline } from './deadline.ts';
import { refuseConnection } from './errors/index.ts';

const LIMIT_MS = 100;

let app: FastifyInstance;

beforeEach(async () => {
  app = Fastify({ clientErrorHandler: refuseConnection });
  installDeadline(app, LIMIT_MS);
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

/** A request whose body has a pause in it, and the answer. */
async function trickle(path: string): Promise<string> {
  const socket = connect((app.server.address() as AddressInfo).port);
  await once(socket, 'connect');
  const head = `POST ${path} HTTP/1.1\r\nHost: server\r\nContent-Type: text/plain\r\nConnection: close\r\n`;
  socket.write(`${head}Content-Length: 2\r\n\r\na`);
  const answer = text(socket);
  const rest = setTimeout(() => socket.write('b'), 5 * LIMIT_MS);
  return await answer.finally(() => clearTimeout(rest));
}

describe('a request whose body comes too slowly', () => {
  it('is refused', async () => {
    expect(await trickle('/')).toMatch(/^HTTP\/1\.1 408 [^]*request-timeout/);
  });

  it('is waited for when its sender is known', async () => {
    expect(await trickle('/known')).toMatch(/^HTTP\/1\.1 200 [^]*arrived$/);
  });
});

it('a request that takes long to be served is served', async () => {
  const { port } = app.server.address() as AddressInfo;
  expect(await (await fetch(`http://localhost:${port}/work`)).text()).toBe('done');
});
