import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient } from '#client';
import {
  Collection,
  CollectionDescription,
  ERRORS,
  MAX_COLLECTIONS,
  SyncRefusal,
  type Problem,
} from '#contract';
import { connect, greet, pair } from './http-transport.ts';

/** The longest list of all collections of an account. */
function longest(): string {
  const createdAt = new Date().toISOString();
  const collection = Collection.parse({
    collectionId: 'c'.repeat(512),
    // Each character is written as \u0001.
    description: CollectionDescription.parse('\u0001'.repeat(1024)),
    createdAt,
    updatedAt: createdAt,
  });
  return JSON.stringify({ collections: Array.from({ length: MAX_COLLECTIONS }, () => collection) });
}

/** A server that never comes to the end of its answers, but for one key. */
let server: Server;
let origin: string;
let sent: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    sent = 0;
    response.writeHead(200);
    if (request.headers.authorization === 'ApiKey sound') {
      response.end(longest());
      return;
    }
    const chunk = Buffer.alloc(1024 * 1024, 0x20);
    const more = (): void => {
      while (!response.destroyed) {
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
    };
    more();
  });
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Beyond what was read, the connection itself holds some. */
const expectSent = (megabytes: number): void => expect(sent).toBeLessThan((megabytes + 16) * 2 ** 20);

it('an appliance reads no more of an answer than it asked for', async () => {
  const query = { replicaId: 'rep', cursor: 0, limit: 1, bytes: 1, modelId: 'm', wanted: [] };
  const transport = connect({ origin }, 'key', { protocols: [1], server: '' });
  await expect(transport.pull(query)).rejects.toMatchObject({ code: 'answer-too-large' });
  expectSent(32);
  await expect(greet({ origin })).resolves.toBeNull();
  expectSent(1);
  const pairing = { code: 'x', name: 'x', publicKey: 'x' };
  await expect(pair({ origin }, pairing)).rejects.toMatchObject({ code: 'server-unreachable' });
  expectSent(1);
});

it('nor of one of the Realeyes API', async () => {
  const client = createClient({ origin, apiKey: 'key' });
  await expect(client.getAllCollections({})).rejects.toMatchObject({ code: 'answer-too-large' });
  expectSent(16);
});

it('but all of the longest list of collections', async () => {
  const client = createClient({ origin, apiKey: 'sound' });
  expect((await client.getAllCollections({})).collections).toHaveLength(MAX_COLLECTIONS);
});

const problem = (code: string): Problem => ({
  type: '',
  title: '',
  status: 409,
  code,
  detail: '',
  requestId: '',
});

it('an appliance takes no refusal for its own: of any other code, its server is as good as unreachable', async () => {
  const heard = async (code: string): Promise<unknown> => {
    const fetch = async () => Response.json(problem(code), { status: 409 });
    const transport = connect({ origin, fetch }, 'key', { protocols: [1], server: '' });
    return await transport.policy().catch((error: unknown) => error);
  };
  for (const code of SyncRefusal.options) expect(await heard(code)).toMatchObject({ code });
  const others = new Set(Object.keys(ERRORS)).difference(new Set(SyncRefusal.options));
  expect(others).toContain('sync-not-joined');
  for (const code of others) expect(await heard(code)).toMatchObject({ code: 'server-unreachable' });
});
