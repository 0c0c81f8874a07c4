import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '#core/accounts';
import { installAdmission } from './admission.ts';
import { installErrors, sendProblem } from './errors/index.ts';

const KILOBYTE = 1024;

let app: FastifyInstance;
let open: ClientRequest[];

/** Bodies of this type are read here; of how many at the moment. */
const READ = 'application/read';
let reading: number;

beforeEach(async () => {
  open = [];
  app = Fastify();
  installErrors(app, sendProblem, ['/']);
  reading = 0;
  app.addContentTypeParser(READ, async (_request: FastifyRequest, payload: Readable) => {
    reading++;
    await once(payload.resume(), 'end').finally(() => reading--);
  });
  app.decorateRequest('caller', null);
  app.decorateRequest('device', null);
  app.addHook('onRequest', async (request) => {
    const { account } = request.headers;
    if (typeof account === 'string') request.caller = { accountId: account } as Caller;
  });
  installAdmission(app, {
    all: 300 * KILOBYTE,
    account: 200 * KILOBYTE,
    unseen: 0,
    unknown: 20 * KILOBYTE,
    nodes: 0,
  });
  // Bytes arrive while an answer is on its way.
  app.addHook('onSend', async () => await setImmediate());
  app.post('/', async ({ body }) => ({ length: String(body).length }));
  await app.listen();
});
afterEach(async () => {
  for (const sent of open) sent.destroy();
  await app.close();
});

/** A request of which some bytes arrive, and no more. @param account null: it has shown no key */
function begin(
  account: string | null,
  announced: number | null,
  bytes: number,
  type = 'text/plain',
): ClientRequest {
  const { port } = app.server.address() as AddressInfo;
  const headers = {
    'content-type': type,
    ...(account !== null && { account }),
    ...(announced !== null && { 'content-length': announced }),
  };
  const sent = request({ port, method: 'POST', agent: false, headers });
  sent.on('error', () => undefined);
  open.push(sent);
  if (bytes > 0) sent.write('x'.repeat(bytes));
  else sent.flushHeaders();
  return sent;
}

async function answerTo(sent: ClientRequest): Promise<number | undefined> {
  const [{ statusCode }] = (await once(sent, 'response')) as [IncomingMessage];
  return statusCode;
}

/** What a whole request is answered. */
function send(account: string | null, bytes: number): Promise<number | undefined> {
  const sent = begin(account, bytes, bytes);
  sent.end();
  return answerTo(sent);
}

/** Until the server has read what the requests so far hold: what comes after them is answered after them. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await send('c', 1);
};

describe('bodies under way', () => {
  it('take nothing from anybody by being announced', async () => {
    for (let i = 0; i < 40; i++) begin('a', 1_000_000, 0);
    await settled();
    expect(await send('a', 150 * KILOBYTE)).toBe(200);
  });

  it('of one account leave room for others, until they are answered or gone', async () => {
    const held = [begin('a', 1_000_000, 90 * KILOBYTE), begin('a', null, 90 * KILOBYTE)];
    await settled();
    expect(await send('a', 50 * KILOBYTE)).toBe(503);
    expect(await send('b', 50 * KILOBYTE)).toBe(200);
    for (const sent of held) sent.destroy();
    await settled();
    for (let i = 0; i < 5; i++) expect(await send('a', 150 * KILOBYTE)).toBe(200);
  });

  it('are limited in all', async () => {
    begin('a', 1_000_000, 150 * KILOBYTE);
    begin('b', 1_000_000, 120 * KILOBYTE);
    await settled();
    expect(await send('c', 50 * KILOBYTE)).toBe(503);
  });

  it('of an unknown client are short, also when no length is told, and few', async () => {
    expect(await answerTo(begin(null, 100 * KILOBYTE, 0))).toBe(413);
    expect(await answerTo(begin(null, null, 30 * KILOBYTE))).toBe(413);
    begin(null, 16 * KILOBYTE, 15 * KILOBYTE);
    await settled();
    expect(await send(null, 10 * KILOBYTE)).toBe(503);
    expect(await send('a', 10 * KILOBYTE)).toBe(200);
  });

  it('that are not read are refused without harm', async () => {
    // More than an unknown client may send, of a type that is not read, or already there when it is refused.
    expect(await answerTo(begin(null, null, 20 * KILOBYTE, 'image/x'))).toBe(415);
    expect(await answerTo(begin(null, null, 20 * KILOBYTE))).toBe(413);
    expect(await send('a', 10)).toBe(200);
  });

  it('that break off fail for the handler that reads them, which would otherwise wait for ever', async () => {
    const sent = begin('a', 1000, 10, READ);
    await expect.poll(() => reading).toBe(1);
    sent.destroy();
    await expect.poll(() => reading).toBe(0);
  });

  it('that are refused leave the connection in order', async () => {
    const { port } = app.server.address() as AddressInfo;
    const origin = `http://localhost:${port}`;
    const body = 'x'.repeat(250 * KILOBYTE);
    for (let i = 0; i < 3; i++) {
      const headers = { account: 'a', 'content-type': i === 1 ? 'image/x' : 'text/plain' };
      const { status } = await fetch(origin, { method: 'POST', body, headers });
      expect(status).toBe(i === 1 ? 415 : 503);
    }
  });
});
