import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventKind, type EventBody } from '#contract';
import { fileKekProvider, openStore } from '#core/store';
import { Deliverer } from '#core/webhooks';
import { createPoster } from '#core/outbound';
import { newInstallation } from '../support/appliance.ts';
import { openServer, portraits, send, startServer, type Answer, type Server } from '../support/server.ts';

/** What is told to webhooks, over real HTTP, by a server that is killed too. */

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of webhooks. @param answer the status for the request of this number, from 0; null: none ever */
async function receiver(answer: (number: number) => number | null) {
  const received: Received[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  let [open, most] = [0, 0];
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    most = Math.max(most, ++open);
    response.on('close', () => open--);
    const body = await text(request);
    const status = answer(received.length);
    received.push({ headers: request.headers, body });
    for (const { count, resolve } of waiting) if (received.length >= count) resolve();
    if (status !== null) response.writeHead(status).end();
  };
  const server: HttpServer = createServer((request, response) => void receive(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    /** The most requests that were not answered yet at once. */
    mostAtOnce: () => most,
    /** Until so many requests have come. */
    has: async (count: number): Promise<void> => {
      if (received.length >= count) return;
      await new Promise<void>((resolve) => void waiting.push({ count, resolve }));
    },
    events: (): string[] => received.map(({ body }) => (JSON.parse(body) as EventBody).event),
    close: async (): Promise<void> => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const call = (server: Pick<Server, 'origin' | 'apiKey'>, target: string, body?: unknown): Promise<Answer> =>
  send(server, target, { authorization: `Bearer ${server.apiKey}`, ...(body !== undefined && { body }) });
const EVENTS = EventKind.options;

describe('a webhook of a server', () => {
  let pictures: Awaited<ReturnType<typeof portraits>>;
  let server: Server;
  beforeAll(async () => {
    pictures = await portraits();
    server = await openServer('--webhook-private', 'on');
  });
  afterAll(() => server.remove());

  it('receives all events about a user in order, with a signature that verifies', async () => {
    const target = await receiver(() => 200);
    const { body } = await call(server, 'POST /v1/webhooks', { url: target.url, events: EVENTS });
    const { secret, id } = body['data'] as { secret: string; id: string };
    const other = await receiver(() => 200);
    await send(server, 'POST /v1/webhooks', {
      authorization: `Bearer ${await server.newAccount('Other')}`,
      body: { url: other.url, events: EVENTS },
    });
    await call(server, 'POST /v1/faces/register', {
      userId: 'ada',
      email: 'a@b.example',
      image: pictures.robin,
    });
    await call(server, 'POST /v1/faces/verify', { userId: 'ada', image: pictures.robin });
    await call(server, 'POST /v1/faces/verify', { userId: 'ada', image: pictures.kim });
    const listed = await call(server, 'GET /v1/faces/templates/ada');
    const [template] = (listed.body['data'] as { templates: { id: string }[] }).templates;
    await call(server, `DELETE /v1/faces/templates/${template!.id}`);
    await target.has(5);
    await call(server, 'DELETE /v1/users/ada');
    await target.has(6);
    expect(target.events()).toEqual([
      'face.registered',
      'template.created',
      'face.verified',
      'face.failed',
      'template.deleted',
      'user.deleted',
    ]);
    const mac = (signed: string): string => createHmac('sha256', secret).update(signed).digest('hex');
    for (const { headers, body: raw } of target.received) {
      expect(headers['x-facesmash-signature']).toBe(mac(raw));
      const timestamp = headers['x-facesmash-timestamp'];
      expect(headers['x-facesmash-timestamped-signature']).toBe(mac(`${String(timestamp)}.${raw}`));
      expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60);
      expect(JSON.parse(raw)).toEqual({
        id: expect.stringMatching(/^evt_/),
        event: expect.any(String),
        createdAt: expect.any(String),
        data: {
          userId: 'ada',
          email: 'a@b.example',
          similarity: expect.toBeOneOf([expect.any(Number), null]),
          qualityScore: expect.toBeOneOf([expect.any(Number), null]),
          ipAddress: '127.0.0.1',
        },
      });
    }
    // No other webhook hears of them.
    expect(other.events()).toEqual([]);
    await call(server, `DELETE /v1/webhooks/${id}`);
    for (const each of [target, other]) await each.close();
  });

  it('that hangs or fails holds up no other', async () => {
    const silent = await receiver(() => null);
    const failing = await receiver(() => 500);
    const good = await receiver(() => 204);
    const ids = [];
    for (const { url } of [silent, failing, good]) {
      const { body } = await call(server, 'POST /v1/webhooks', { url, events: ['face.registered'] });
      ids.push((body['data'] as { id: string }).id);
    }
    for (const userId of ['b1', 'b2', 'b3', 'b4', 'b5', 'b6']) {
      await call(server, 'POST /v1/faces/register', { userId, image: pictures.robin });
    }
    await good.has(6);
    // One of each user at a time, and no more than a few at once.
    expect(silent.received.length).toBeLessThanOrEqual(4);
    for (const id of ids) await call(server, `DELETE /v1/webhooks/${id}`);
    for (const target of [silent, failing, good]) await target.close();
  });

  it('that is slow, as all others of its account, leaves places to other accounts', async () => {
    const silent = await receiver(() => null);
    const good = await receiver(() => 204);
    const accounts = [
      {
        key: await server.newAccount('Slow'),
        urls: Array.from({ length: 12 }, (_, i) => `${silent.url}/${i}`),
      },
      { key: await server.newAccount('Good'), urls: [good.url] },
    ];
    for (const { key, urls } of accounts) {
      const authorization = `Bearer ${key}`;
      for (const url of urls) {
        const body = { url, events: ['face.registered'] };
        await send(server, 'POST /v1/webhooks', { authorization, body });
      }
      const body = { userId: 'ada', image: pictures.robin };
      await send(server, 'POST /v1/faces/register', { authorization, body });
      if (key === accounts[0]!.key) await silent.has(8);
    }
    await good.has(1);
    expect(silent.mostAtOnce()).toBe(8);
    for (const target of [silent, good]) await target.close();
  });

  it('is verified again by a test that it takes', async () => {
    let status = 500;
    const target = await receiver(() => status);
    const { body } = await call(server, 'POST /v1/webhooks', { url: target.url, events: EVENTS });
    const { id } = body['data'] as { id: string };
    const refused = await call(server, `POST /v1/webhooks/${id}/verify`);
    expect([refused.status, (refused.body['error'] as { code: string }).code]).toEqual([
      422,
      'WEBHOOK_FAILED',
    ]);
    status = 200;
    const taken = await call(server, `POST /v1/webhooks/${id}/verify`);
    expect(taken.body['data']).toMatchObject({ id, status: 'active' });
    expect(target.events()).toEqual(['webhook.test', 'webhook.test']);
    await call(server, `DELETE /v1/webhooks/${id}`);
    await target.close();
  });
});

it('delivers the events that a killed server had recorded, at least once and in order', async () => {
  const { robin: image } = await portraits();
  const installation = await newInstallation();
  // Takes nothing until the server was killed.
  let isUp = false;
  const target = await receiver(() => (isUp ? 200 : null));
  let server = await startServer(installation, '--webhook-private', 'on');
  await call(server, 'POST /v1/webhooks', { url: target.url, events: EVENTS });
  await call(server, 'POST /v1/faces/register', { userId: 'ada', image });
  await call(server, 'POST /v1/faces/verify', { userId: 'ada', image });
  await target.has(1);
  server.process.kill('SIGKILL');
  await once(server.process, 'exit');
  isUp = true;
  server = await startServer(installation, '--webhook-private', 'on');
  // The first was sent by both.
  await target.has(4);
  expect(target.events()).toEqual([
    'face.registered',
    'face.registered',
    'template.created',
    'face.verified',
  ]);
  const [one, again] = target.received.map(({ body }) => (JSON.parse(body) as EventBody).id);
  expect(again).toBe(one);
  await server.stop();
  await target.close();
  await installation.remove();
});

describe('retries', () => {
  it('come after 1, 5, 30 minutes and 2 hours; then it is failing until it is tested, and receives what it missed', async () => {
    const installation = await newInstallation();
    const kekProvider = fileKekProvider(installation.keyFile);
    const store = await openStore({ dir: installation.data, kekProvider });
    const flaky = await receiver((number) => (number < 5 ? 503 : 200));
    const poison = await receiver(() => 500);
    const good = await receiver(() => 200);
    let now = 0;
    const { post } = createPoster({ isPrivateAllowed: true });
    const onError = (error: unknown): never => {
      throw error;
    };
    const deliverer = new Deliverer({ webhooks: store.webhooks, post, onError, now: () => new Date(now) });
    const kinds = ['face.verified', 'face.failed'] as const;
    const ids = [];
    for (const { url } of [flaky, poison, good]) {
      ids.push((await store.webhooks.add('a', { url, kinds, secret: 's' })).webhookId);
    }
    await store.createCollection('a', 'c');
    const faceId = `face_${'1'.repeat(32)}`;
    const person = { faceId, externalKey: 'ada', metadata: {}, email: null, events: [], quality: 1 };
    await store.users.enrolByDescriptor('a', 'c', { ...person, descriptor: new Float32Array(128).fill(0.1) });
    const signIn = { isSuccess: true, similarity: 1, address: '', userAgent: '' };
    const data = { userId: 'ada', email: null, similarity: null, qualityScore: null, ipAddress: null };
    for (const kind of kinds) {
      await store.users.signIn('a', 'c', faceId, { ...signIn, uid: null, events: [{ kind, data }] });
    }
    const states = async (): Promise<boolean[]> =>
      (await store.webhooks.list('a')).map(({ isFailing }) => isFailing);

    // Events are due from the moment that they were written, however long that took.
    now = Date.now() + 1000;
    await deliverer.run();
    expect(good.events()).toEqual(['face.verified', 'face.failed']);
    for (const [i, minutes] of [1, 5, 30, 120].entries()) {
      now += minutes * 60_000 - 1;
      await deliverer.run();
      expect(flaky.received).toHaveLength(i + 1);
      expect(await states()).toEqual([false, false, false]);
      now += 1;
      await deliverer.run();
      expect(flaky.received).toHaveLength(i + 2);
    }
    expect(await states()).toEqual([true, true, false]);
    now += 24 * 3_600_000;
    await deliverer.run();
    expect(poison.received).toHaveLength(5);
    expect(new Set(flaky.events())).toEqual(new Set(['face.verified']));
    await expect(store.webhooks.resume('b', ids[0]!, new Date(now))).rejects.toMatchObject({
      code: 'webhook-not-found',
    });
    await store.webhooks.resume('a', ids[0]!, new Date(now));
    await deliverer.run();
    expect(flaky.events().slice(5)).toEqual(['face.verified', 'face.failed']);
    expect(await states()).toEqual([false, true, false]);
    for (const target of [flaky, poison, good]) await target.close();
    await store.close();
    await installation.remove();
  });
});

describe('the addresses that are posted to', () => {
  it.each([
    ['a name that points to a private address', 'https://rebind.example/', ['93.184.215.14', '10.0.0.1']],
    ['a name that points to this machine', 'https://rebind.example/', ['127.0.0.1']],
    ['no https', 'http://public.example/', ['93.184.215.14']],
  ])('are not %s', async (_name, url, addresses) => {
    const reach = { resolve: () => Promise.resolve(addresses) };
    const { post } = createPoster({ isPrivateAllowed: false, reach });
    await expect(post(url, { headers: {}, body: '' })).rejects.toThrow(/not a/);
  });

  it('are not where a redirect leads', async () => {
    const inner = await receiver(() => 200);
    const server = createServer((_request, response) => {
      response.writeHead(302, { location: inner.url }).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { post } = createPoster({ isPrivateAllowed: true });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(await post(url, { headers: {}, body: '' })).toBe(302);
    expect(inner.received).toEqual([]);
    server.close();
    await inner.close();
  });
});
