import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createClient } from '#client';
import { fileKekProvider, LOCAL_ACCOUNT, openStore, type SqlStore } from '#core/store';
import { Cluster, POSTGRES } from '../../core/store/postgres/testing/cluster.ts';
import { exchange, joinServer } from '../../main/sync/index.ts';
import { lintel, newInstallation, type Installation } from '../support/appliance.ts';
import { form, portraits, send, startServer, type RunningServer } from '../support/server.ts';
import { facesOf, newFaceId, newReference } from '../sync/world.ts';
import { feedMembership, MODEL } from '../sync/member.ts';

const LIMIT = 60;
const collectionId = 'c';
const faceMatchThreshold = 80;

/** A port that nothing listens at now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe.skipIf(POSTGRES === null)('two servers on one PostgreSQL', () => {
  let cluster: Cluster;
  let installation: Installation;
  let servers: [RunningServer, RunningServer];
  const ports: { one?: number; other?: number } = {};
  let pictures: Awaited<ReturnType<typeof portraits>>;

  /** Each has a folder of its own; both have the key. */
  const start = async (name: 'one' | 'other') => {
    const data = join(installation.data, name);
    await mkdir(data, { recursive: true, mode: 0o700 });
    const port = (ports[name] ??= await freePort());
    const options = ['--port', `${port}`, '--node-url', `http://127.0.0.1:${port}`, '--index-memory', '16'];
    options.push('--rate-limit', `${LIMIT}`, '--workers', '1');
    return await startServer({ ...installation, data }, ...options);
  };
  /** A client of each server, with a key of an account of their own. */
  const newAccount = async (name: string) => {
    const { answer } = await lintel(installation, 'account', 'create', name);
    const apiKey = String(answer['apiKey']);
    const clients = servers.map(({ origin }) => createClient({ origin, apiKey }));
    return { accountId: String(answer['accountId']), apiKey, clients };
  };

  beforeAll(async () => {
    cluster = await Cluster.start();
    vi.stubEnv('LINTEL_DATABASE', cluster.url);
    installation = await newInstallation();
    await mkdir(installation.data, { mode: 0o700 });
    const [one, made] = await Promise.all([start('one'), portraits()]);
    pictures = made;
    servers = [one, await start('other')];
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    vi.unstubAllEnvs();
    await cluster.stop();
    await installation.remove();
  });

  it('index one new person once, however many ask both, and forget who was deleted at the other', async () => {
    const { clients } = await newAccount('find-or-enrol');
    await clients[0]!.createCollection({ collectionId });
    const image = { bytes: pictures.robin };
    const asked = Array.from({ length: 12 }, (_, i) =>
      clients[i % 2]!.searchOrIndexFace({ image, collectionId, faceMatchThreshold }),
    );
    const answers = await Promise.all(asked);
    expect(answers.filter(({ resultSource }) => resultSource === 'Index')).toHaveLength(1);
    const [faceId, ...others] = new Set(answers.map((answer) => answer.faceId));
    expect(others).toEqual([]);

    const search = { image: { bytes: pictures.robinAgain }, collectionId, faceMatchThreshold };
    expect(await clients[0]!.searchFace(search)).toMatchObject({ faceId });
    await clients[1]!.deleteFace({ collectionId, faceId: faceId! });
    expect(await clients[0]!.searchFace(search)).toMatchObject({ hasFace: true, faceId: null });
  });

  it('let a key send as many requests as one server would', async () => {
    const { apiKey } = await newAccount('limited');
    const requests = servers.flatMap(({ origin }) =>
      Array.from({ length: LIMIT }, () => send({ origin, apiKey }, 'GET /v1/collection/get-all')),
    );
    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(LIMIT);
    expect(statuses.filter((status) => status === 429)).toHaveLength(LIMIT);
  });

  it('refuse a session that only one could keep in its memory', async () => {
    const { accountId, apiKey } = await newAccount('sessions');
    const token = await fetch(new URL('/api/oauth/token', servers[0].origin), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: accountId,
        client_secret: apiKey,
      }),
    });
    const { access_token: accessToken } = (await token.json()) as { access_token: string };
    const answer = await send(servers[1], 'POST /api/v1/face', {
      authorization: `Bearer ${accessToken}`,
      body: form({ idPhoto: Buffer.from(pictures.robin, 'base64') }),
    });
    expect(answer).toMatchObject({ status: 501, body: { code: 'several-servers' } });
  });

  it('bring appliances together that joined different ones', async () => {
    const { accountId } = await newAccount('appliances');
    const devices: SqlStore[] = [];
    const sync = async (store: SqlStore) =>
      exchange(
        { store, modelId: () => MODEL, version: 'test', dropSentImages: () => false, fetch },
        await feedMembership(store),
        new AbortController().signal,
        () => {},
      );
    for (const [i, { origin }] of servers.entries()) {
      const dir = join(installation.data, `device-${i}`);
      const store = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
      const { answer } = await lintel(installation, 'device', 'invite', '--account', accountId);
      await joinServer(store, { origin }, String(answer['code']), `device ${i}`);
      devices.push(store);
    }
    const [one, other] = devices as [SqlStore, SqlStore];
    const enrol = (store: SqlStore, faceId = newFaceId()) =>
      store.addFace(LOCAL_ACCOUNT, 'staff', { faceId, references: [newReference()] });
    await one.createCollection(LOCAL_ACCOUNT, 'staff');
    const { faceId } = await enrol(one);
    await sync(one);
    await sync(other);
    await enrol(other);
    await other.deleteFace(LOCAL_ACCOUNT, 'staff', faceId);
    await Promise.all([sync(one), sync(other)]);
    await sync(one);
    const faces = await facesOf(one);
    expect(faces.size).toBe(1);
    expect(await facesOf(other)).toEqual(faces);
    for (const store of devices) await store.close();
  });

  it('ask the one that holds a collection, and do without it when it is killed meanwhile', async () => {
    const { clients, apiKey } = await newAccount('held');
    await clients[0]!.createCollection({ collectionId });
    const { faceId } = await clients[1]!.indexFace({ image: { bytes: pictures.robin }, collectionId });
    const search = { image: { bytes: pictures.robinAgain }, collectionId, faceMatchThreshold };
    const metric = async ({ origin }: RunningServer, name: string) => {
      const headers = { authorization: `ApiKey ${apiKey}` };
      const text = await (await fetch(new URL('/metrics', origin), { headers })).text();
      return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)![1]);
    };
    const searches = (server: RunningServer) => metric(server, 'lintel_node_searches_answered_total');
    const before = await Promise.all(servers.map(searches));
    for (const client of clients) expect(await client.searchFace(search)).toMatchObject({ faceId });
    const answered = (await Promise.all(servers.map(searches))).map((count, i) => count - before[i]!);
    expect(answered.toSorted((a, b) => a - b)).toEqual([0, 1]);

    const asking = answered.indexOf(1);
    const holder = servers[1 - asking]!;
    // It takes the question and says nothing.
    holder.process.kill('SIGSTOP');
    const found = clients[asking]!.searchFace(search);
    setTimeout(() => holder.process.kill('SIGKILL'), 1000);
    expect(await found).toMatchObject({ faceId });
    servers[1 - asking] = await start(asking === 1 ? 'one' : 'other');
    const held = () => metric(servers[asking]!, 'lintel_index_bytes');
    const heldBefore = await held();
    await clients[1 - asking]!.deleteFace({ collectionId, faceId: faceId! });
    // It hears of it, and lets go of the template before anybody asks.
    await expect.poll(held, { timeout: 10_000 }).toBeLessThan(heldBefore);
    expect(await clients[asking]!.searchFace(search)).toMatchObject({ hasFace: true, faceId: null });
  });

  it('take over the request of a server that was killed', async () => {
    const { clients, apiKey } = await newAccount('killed');
    await clients[0]!.createCollection({ collectionId });
    const body = { image: { bytes: pictures.kim }, collectionId, faceMatchThreshold };
    const ask = ({ origin }: RunningServer) =>
      send({ origin, apiKey }, 'POST /v1/face/search-or-index', {
        body,
        headers: { 'idempotency-key': 'k' },
      });
    const { rowCount: facesBefore } = await cluster.query('SELECT 1 FROM lintel.faces');
    // It gets as far as its face.
    const holding = new Client(cluster.url);
    await holding.connect();
    await holding.query('BEGIN; LOCK TABLE lintel.faces IN EXCLUSIVE MODE');
    const cutOff = ask(servers[0]).catch(() => null);
    const waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'lintel.faces'::regclass";
    await expect.poll(async () => (await cluster.query(waiting)).rowCount, { timeout: 60_000 }).toBe(1);
    servers[0].process.kill('SIGKILL');
    expect(await cutOff).toBeNull();
    await holding.end();
    const { status, body: answer } = await ask(servers[1]);
    expect([status, answer]).toMatchObject([200, { resultSource: 'Index' }]);
    servers[0] = await start('one');
    expect(await ask(servers[0])).toMatchObject({ status: 200, body: answer });
    const { rowCount } = await cluster.query('SELECT 1 FROM lintel.faces');
    expect(rowCount).toBe(facesBefore! + 1);
  });
});
