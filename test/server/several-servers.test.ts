import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createClient } from '#client';
import type { ChallengeStep, VisitFrame } from '#contract';
import { similarity } from '#core/matching';
import { modelIdOf } from '#core/recognition';
import { fileKekProvider, LOCAL_ACCOUNT, openStore, type SqlStore } from '#core/store';
import { WEIGHTS_DIR } from '../../core/recognition/testing/images.ts';
import { Cluster, POSTGRES } from '../../core/store/postgres/testing/cluster.ts';
import { createSessionServer, joinServer } from '../../main/sync/index.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { NEVER_COMES_MS } from '../../scripts/test/limits.ts';
import { lintel, newInstallation, type Installation } from '../support/appliance.ts';
import { headOf, performed } from '../support/kiosk-client.ts';
import { form, portraits, send, startServer, type RunningServer } from '../support/server.ts';
import { facesOf, newFaceId, newReference } from '../sync/world.ts';
import { exchangeAs } from '../sync/member.ts';

const LIMIT = 60;
const collectionId = 'c';
const faceMatchThreshold = 80;
const SHOP = 'https://shop.example';

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
    // Drawing the frames of a visit takes its time on a busy machine.
    options.push('--rate-limit', `${LIMIT}`, '--workers', '1', '--widget-step-seconds', '60');
    return await startServer({ ...installation, data }, ...options);
  };
  /** A client of each server, with a key of an account of their own. */
  const newAccount = async (name: string) => {
    const { answer } = await lintel(installation, 'account', 'create', name);
    const apiKey = String(answer['apiKey']);
    const clients = servers.map(({ origin }) =>
      createClient({ origin, apiKey, timeoutMilliseconds: NEVER_COMES_MS }),
    );
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

  /** How an account asks for face sessions, at whichever server. */
  const sessionsOf = async (name: string) => {
    const { accountId, apiKey } = await newAccount(name);
    const grant = { grant_type: 'client_credentials', client_id: accountId, client_secret: apiKey };
    const token = await fetch(new URL('/api/oauth/token', servers[0].origin), {
      method: 'POST',
      body: new URLSearchParams(grant),
    });
    const { access_token: accessToken } = (await token.json()) as { access_token: string };
    const call = (at: number, target: string, body?: unknown) =>
      send(servers[at]!, target, { authorization: `Bearer ${accessToken}`, body });
    const open = async (at: number): Promise<string> => {
      const opened = await call(
        at,
        'POST /api/v1/face',
        form({ idPhoto: Buffer.from(pictures.robin, 'base64') }),
      );
      expect(opened.status).toBe(201);
      return String(opened.body['sessionId']);
    };
    const match = (at: number, sessionId: string, image: string) =>
      call(at, `POST /api/v1/face/${sessionId}/match`, { image, minimumMatchLevel: 3 });
    const result = (at: number, sessionId: string) => call(at, `GET /api/v1/face/${sessionId}/result`);
    return { accountId, open, match, result };
  };

  /** How an account's site signs Kim in by its pages, at whichever server. */
  const siteOf = async (name: string) => {
    const { apiKey } = await newAccount(name);
    const headers = { 'x-api-key': apiKey };
    const byKey = async (at: number, target: string, body: unknown) =>
      await send(servers[at]!, target, { authorization: null, headers, body });
    await byKey(0, 'PUT /api/v1/widget/origins', { origins: [SHOP] });
    const kim = form({ name: 'kim', image: Buffer.from(pictures.kim, 'base64') });
    const begin = async (at: number) => {
      const asked = { origin: SHOP, purpose: 'login', user_id: 'kim' };
      const { body } = await byKey(at, 'POST /api/v1/widget/tokens', asked);
      const authorization = `Bearer ${String(body['token'])}`;
      return await send(servers[at]!, 'POST /api/v1/widget/visits', {
        authorization,
        headers: { origin: SHOP },
        body: {},
      });
    };
    const submit = (at: number, visit: unknown, frames: readonly VisitFrame[]) =>
      send(servers[at]!, 'POST /api/v1/widget/visits/frames', {
        authorization: `Bearer ${String(visit)}`,
        body: form({
          frames: JSON.stringify(
            frames.map(({ capturedAt, moment }) => ({ captured_at: capturedAt, moment })),
          ),
          'image[]': frames.map(({ image }) => image),
        }),
      });
    const redeem = (at: number, proof: unknown) => byKey(at, 'POST /api/v1/widget/proofs', { proof });
    return { enrol: (at: number) => byKey(at, 'POST /api/v1/enroll', kim), begin, submit, redeem };
  };

  it('compare with the photo of a session that the other opened, and tell what came of it', async () => {
    const { accountId, open, match, result } = await sessionsOf('sessions');
    const sessionId = await open(0);
    expect((await match(1, sessionId, pictures.robinAgain)).body).toMatchObject({ match: true });
    expect((await match(1, sessionId, pictures.sasha)).body).toMatchObject({ match: false });
    const dir = join(installation.data, 'claims');
    const store = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
    const { answer } = await lintel(installation, 'device', 'invite', '--account', accountId);
    await joinServer(store, { origin: servers[1].origin }, String(answer['code']), 'claims');
    const device = createSessionServer(store, { waitMs: NEVER_COMES_MS });
    const claim = { sessionId, claimId: `claim_${'0'.repeat(32)}` };
    const { template } = await device.claim(
      { ...claim, modelId: await modelIdOf(WEIGHTS_DIR, 'default') },
      512,
    );
    expect(similarity(template, template)).toBeCloseTo(1, 5);
    expect((await result(0, sessionId)).body).toEqual({ status: 'in-progress', result: null });
    await device.settle({ ...claim, live: true, matchLevel: 5 });
    const done = { status: 'done', result: { live: true, match: true, matchLevel: 5 } };
    for (const at of [0, 1]) expect((await result(at, sessionId)).body).toEqual(done);
    await store.close();
    // It is of its account alone, at whichever server.
    const other = await sessionsOf('others sessions');
    for (const at of [0, 1]) {
      expect(await other.result(at, sessionId)).toMatchObject({ status: 404 });
      expect(await result(at, '000000000000')).toMatchObject({ status: 404 });
    }
  });

  it('judge a visit at a web page that the other began, and redeem its proof once', async () => {
    const { enrol, begin, submit, redeem } = await siteOf('pages');
    expect((await enrol(1)).status).toBe(201);
    const kim = await headOf(sampleFace('Kim'));
    const begun = await begin(0);
    const began = performance.now();
    // The challenge of a person stays until it is answered, whichever server is asked.
    const again = await begin(1);
    expect([again.status, again.body['challenge']]).toEqual([201, begun.body['challenge']]);
    const { frames, milliseconds } = await performed(kim, begun.body['challenge'] as ChallengeStep[]);
    // The servers have clocks of their own, by which a person is as slow as one is.
    await pause(Math.max(0, milliseconds - (performance.now() - began)));
    const { body: verdict } = await submit(1, begun.body['visit'], frames);
    expect(verdict).toMatchObject({ match: true, status: 'match', user: { external_user_id: 'kim' } });
    expect((await submit(0, begun.body['visit'], frames)).body).toMatchObject({ code: 'VISIT_UNKNOWN' });
    expect((await redeem(1, verdict['proof'])).body).toMatchObject({ purpose: 'login', origin: SHOP });
    expect((await redeem(0, verdict['proof'])).body).toMatchObject({ code: 'PROOF_UNKNOWN' });
    // What granted a visit at one server grants none at another.
    const replayed = await submit(1, again.body['visit'], frames);
    expect(replayed.body).toMatchObject({ match: false, status: 'not_live' });
  });

  it('bring appliances together that joined different ones', async () => {
    const { accountId } = await newAccount('appliances');
    const devices: SqlStore[] = [];
    const sync = (store: SqlStore) => exchangeAs(store, fetch);
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
    await expect.poll(held).toBeLessThan(heldBefore);
    expect(await clients[asking]!.searchFace(search)).toMatchObject({ hasFace: true, faceId: null });
  });

  it('take over the request of a server that was killed, and say that what it held is over', async () => {
    const { clients, apiKey } = await newAccount('killed');
    const [sessions, site] = [await sessionsOf('killed sessions'), await siteOf('killed pages')];
    const [sessionId, { body: begun }] = [await sessions.open(0), await site.begin(0)];
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
    await expect.poll(async () => (await cluster.query(waiting)).rowCount).toBe(1);
    servers[0].process.kill('SIGKILL');
    expect(await cutOff).toBeNull();
    const codes = async () => {
      const { body: result } = await sessions.result(1, sessionId);
      const { body: verdict } = await site.submit(1, begun['visit'], []);
      return [result['code'], verdict['code']];
    };
    await expect.poll(codes).toEqual(['session-unknown', 'VISIT_UNKNOWN']);
    await holding.end();
    expect((await sessions.result(1, await sessions.open(1))).body).toMatchObject({ status: 'pending' });
    const { body: anew } = await site.begin(1);
    const { status, body: answer } = await ask(servers[1]);
    expect([status, answer]).toMatchObject([200, { resultSource: 'Index' }]);
    servers[0] = await start('one');
    // The pages of the account are the other's now.
    expect((await site.begin(0)).body['challenge']).toEqual(anew['challenge']);
    expect(await ask(servers[0])).toMatchObject({ status: 200, body: answer });
    const { rowCount } = await cluster.query('SELECT 1 FROM lintel.faces');
    expect(rowCount).toBe(facesBefore! + 1);
  });
});
