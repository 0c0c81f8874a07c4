import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '#client';
import { Accounts } from '#core/accounts';
import { fileKekProvider, openStore } from '#core/store';
import { lintel, mustRun, newInstallation } from '../support/appliance.ts';
import {
  BOOTSTRAP_KEY,
  newServer,
  portraits,
  send,
  startServer,
  type ServerProcess,
} from '../support/server.ts';

const collectionId = 'c';
let server: ServerProcess;
let robin: string;
let kim: string;

beforeAll(async () => {
  server = await newServer();
  ({ robin, kim } = await portraits());
  await server.client.createCollection({ collectionId });
});
afterAll(() => server.remove());

describe('a server', () => {
  it('knows accounts that are created while it runs', async () => {
    const { status, answer } = await lintel(server.installation, 'account', 'create', 'while-running');
    expect(status).toBe(0);
    expect(answer).toMatchObject({ accountId: expect.stringMatching(/^acct_/), apiKey: expect.any(String) });
    const client = createClient({ origin: server.origin, apiKey: String(answer['apiKey']) });
    expect(await client.getAllCollections({})).toEqual({ collections: [] });
    const list = await lintel(server.installation, 'account', 'list');
    expect(JSON.stringify(list.answer)).toContain('while-running');
    expect(JSON.stringify(list.answer)).not.toContain(String(answer['apiKey']));
  });

  it('says in its answer why it refuses', async () => {
    await expect(server.client.getCollection({ collectionId: 'missing' })).rejects.toMatchObject({
      name: 'ApiError',
      status: 404,
      code: 'collection-not-found',
      retryAfter: null,
    });
  });

  it('logs requests without keys, external keys, addresses of images and images', async () => {
    const { faceId } = await server.client.indexFace({ collectionId, image: { bytes: robin } });
    await server.client.setExternalKey({ collectionId, faceId: faceId!, externalKey: 'SENTINEL-1' });
    await server.client.getFaceIds({ collectionId, externalKey: 'SENTINEL-1' });
    const url = 'http://127.0.0.1/SENTINEL-2';
    await expect(server.client.searchFace({ collectionId, image: { url } })).rejects.toMatchObject({
      status: 400,
    });
    await expect.poll(server.output).toContain('/v1/external-key/get-face-ids');
    expect(server.output()).not.toContain('SENTINEL');
    expect(server.output()).not.toContain(BOOTSTRAP_KEY);
    expect(server.output()).not.toContain(robin.slice(1000, 1100));
  });

  it('counts and times its answers for Prometheus', async () => {
    await send(server, 'GET /v1/healthz');
    const { body } = await send(server, 'GET /metrics');
    expect(body['text']).toMatch(
      /lintel_http_request_duration_seconds_count\{method="GET",route="\/v1\/healthz",status="200"\} \d/,
    );
    expect(body['text']).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(body['text']).toContain('lintel_devices 0');
  });

  it('finishes what it accepted before it ends, and finds it again', async () => {
    const installation = await newInstallation();
    const first = await startServer(installation);
    await first.client.createCollection({ collectionId });
    const running = Array.from({ length: 5 }, () =>
      first.client.indexFace({ collectionId, image: { bytes: robin } }),
    );
    // Accepted once it is logged.
    await expect.poll(() => first.output().split('incoming request').length).toBeGreaterThan(6);
    const ended = first.stop();
    const faceIds = (await Promise.all(running)).map(({ faceId }) => faceId);
    expect(new Set(faceIds).size).toBe(5);
    expect(await ended).toBe(0);

    const second = await startServer(installation);
    expect(second.output()).not.toContain('was created');
    const found = await second.client.searchFace({ collectionId, image: { bytes: robin } });
    expect(faceIds).toContain(found.faceId);
    await second.stop();
    await installation.remove();
  });

  it('refuses a store whose people were enrolled with other networks', async () => {
    const installation = await newInstallation();
    const { data, keyFile } = installation;
    const store = await openStore({ dir: data, kekProvider: fileKekProvider(keyFile) });
    const { accountId } = await new Accounts(store).create('acme');
    await store.createCollection(accountId, collectionId);
    const template = Float32Array.of(0.6, 0.8);
    await store.addFace(accountId, collectionId, {
      faceId: `face_${'0'.repeat(32)}`,
      references: [{ modelId: 'other-networks', template, quality: 1, source: 'api' }],
    });
    await store.close();
    await expect(startServer(installation)).rejects.toThrow(/\(other-networks\).* \[model-other\]/);
    await installation.remove();
  });

  it('leaves an audit log of accounts, keys, faces and refusals that can be verified', async () => {
    const audited = await newServer();
    await audited.client.createCollection({ collectionId });
    const { faceId } = await audited.client.indexFace({ collectionId, image: { bytes: robin } });
    await audited.client.setExternalKey({ collectionId, faceId: faceId!, externalKey: 'SENTINEL-KEY' });
    await audited.client.deleteExternalKey({ collectionId, externalKey: 'SENTINEL-KEY' });
    await audited.client.deleteFace({ collectionId, faceId: faceId! });
    await audited.client.resetCollection({ collectionId });
    await audited.client.deleteCollection({ collectionId });
    const { installation } = audited;
    const { answer } = await lintel(installation, 'account', 'keys', 'add', 'admin', '--scopes', 'read');
    const authorization = `ApiKey ${String(answer['apiKey'])}`;
    await send(audited, 'POST /v1/collection/create', { authorization, body: { collectionId } });
    await mustRun(installation, 'account', 'keys', 'revoke', String(answer['keyId']));
    for (let i = 0; i < 2; i++) await send(audited, 'GET /v1/collection/get-all', { authorization });
    await audited.stop();

    expect(await lintel(installation, 'audit', 'verify')).toMatchObject({ status: 0 });
    const { entries } = (await lintel(installation, 'audit', 'tail')).answer as {
      entries: { actor: string; entry: { kind: string } }[];
    };
    const [device, api, operator] = ['device', expect.stringMatching(/^api:acct_/), 'command-line'];
    const lines = entries.filter(({ entry }) => entry.kind !== 'checkpoint');
    expect(lines.map(({ actor, entry: { kind } }) => [actor, kind])).toEqual([
      [device, 'account-created'],
      [device, 'api-key-added'],
      [api, 'collection-created'],
      [api, 'enrolled'],
      [api, 'external-key-set'],
      [api, 'external-key-removed'],
      [api, 'face-deleted'],
      [api, 'collection-reset'],
      [api, 'collection-deleted'],
      [operator, 'api-key-added'],
      [operator, 'api-key-removed'],
      [device, 'requests-refused'],
    ]);
    expect(lines.at(-1)?.entry).toMatchObject({ unauthenticated: 2, forbidden: 1 });
    const text = JSON.stringify(entries);
    for (const secret of ['SENTINEL-KEY', BOOTSTRAP_KEY, String(answer['apiKey'])]) {
      expect(text).not.toContain(secret);
    }
    await installation.remove();
  });

  it('speaks TLS with a certificate', async () => {
    const installation = await newInstallation();
    const folder = join(installation.data, '..');
    const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const how = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1'];
    await promisify(execFile)('openssl', ['req', ...how, ...subject, '-keyout', key, '-out', cert]);
    const secure = await startServer(installation, '--tls-cert', cert, '--tls-key', key);
    expect(secure.origin).toMatch(/^https:/);
    const ca = await readFile(cert);
    const answer = await new Promise<{ status: number | undefined; hsts: unknown }>((resolve, reject) => {
      request(`${secure.origin}/v1/healthz`, { ca }, ({ statusCode: status, headers }) =>
        resolve({ status, hsts: headers['strict-transport-security'] }),
      )
        .on('error', reject)
        .end();
    });
    expect(answer).toEqual({ status: 200, hsts: expect.stringContaining('max-age') });
    await secure.stop();
    await installation.remove();
  });
});

describe('an idempotency key', () => {
  const index = (image: string, key: string) =>
    send(server, 'POST /v1/face/index', {
      body: { collectionId, image: { bytes: image } },
      headers: { 'idempotency-key': key },
    });

  it('makes an index that is sent again one index', async () => {
    const [first, again] = [await index(kim, 'index-1'), await index(kim, 'index-1')];
    expect(again.body).toEqual(first.body);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await index(kim, 'index-2')).body['faceId']).not.toBe(first.body['faceId']);
  });

  it('makes many at the same time one', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => index(kim, 'index-3')));
    expect(new Set(answers.map(({ body }) => body['faceId'])).size).toBe(1);
  });

  it('is honoured on every POST and PUT', async () => {
    const options = { idempotencyKey: 'create-1' };
    for (let i = 0; i < 2; i++) {
      expect(await server.client.createCollection({ collectionId: 'created' }, options)).toEqual({
        collectionId: 'created',
      });
    }
    const { faceId } = await server.client.indexFace({ collectionId: 'created', image: { bytes: kim } });
    const input = { collectionId: 'created', faceId: faceId!, externalKey: 'k' };
    for (let i = 0; i < 2; i++) {
      const { result } = await server.client.setExternalKey(input, { idempotencyKey: 'set-1' });
      expect(result).toBe('Created');
    }
  });

  it('keeps nothing of a search', async () => {
    const headers = { 'idempotency-key': 'search-1' };
    const search = (image: string) =>
      send(server, 'POST /v1/face/search', { body: { collectionId, image: { bytes: image } }, headers });
    // Were the first kept, the second would be its repetition, and the others another request under its key.
    for (const image of [kim, kim, robin]) {
      const answer = await search(image);
      expect([answer.status, answer.headers.get('idempotent-replayed')]).toEqual([200, null]);
    }
    const indexed = await index(kim, 'search-1');
    expect([indexed.status, indexed.headers.get('idempotent-replayed')]).toEqual([200, null]);
  });

  it('is refused for another request, and when it is malformed', async () => {
    await index(kim, 'index-4');
    const { status, body } = await index(robin, 'index-4');
    expect([status, body['code']]).toEqual([422, 'idempotency-key-reused']);
    expect((await index(kim, 'x'.repeat(256))).body['code']).toBe('idempotency-key-invalid');
  });
});
