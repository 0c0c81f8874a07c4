import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openServer, portraits, send, type Answer, type Server } from '../../support/server.ts';

/** The external-key endpoints of the Realeyes API: one test for each thing that its page promises. */

const collectionId = 'keys';
let server: Server;
let robin: string;
/** Two faces without keys. */
let a: string;
let b: string;

const set = (faceId: string, externalKey: unknown, more: object = {}): Promise<Answer> =>
  send(server, 'PUT /v1/external-key/set', { body: { collectionId, faceId, externalKey, ...more } });
const get = async (externalKey: string): Promise<unknown> =>
  (await server.client.getFaceIds({ collectionId, externalKey })).faceIds;
const remove = (query: string, collection = collectionId): Promise<Answer> =>
  send(server, `DELETE /v1/external-key/delete?collectionId=${collection}&${query}`);

beforeAll(async () => {
  server = await openServer();
  robin = (await portraits()).robin;
});
afterAll(() => server.remove());
beforeEach(async () => {
  await server.client.deleteCollection({ collectionId });
  await server.client.createCollection({ collectionId });
  const image = { bytes: robin };
  a = (await server.client.indexFace({ collectionId, image })).faceId!;
  b = (await server.client.indexFace({ collectionId, image })).faceId!;
});

describe('set', () => {
  it('creates an association, and updates one that is there', async () => {
    const first = await set(a, 'user-123');
    expect(first).toMatchObject({
      status: 200,
      body: { faceId: a, externalKey: 'user-123', result: 'Created' },
    });
    expect(Object.keys(first.body).toSorted()).toEqual(['externalKey', 'faceId', 'result']);
    expect((await set(a, 'user-123')).body).toMatchObject({ result: 'Updated' });
    expect((await set(a, 'user-456')).body).toMatchObject({ externalKey: 'user-456', result: 'Updated' });
  });

  it('replaces the key of a face: a face has at most one', async () => {
    await set(a, 'first');
    await set(a, 'second');
    expect(await get('first')).toEqual([]);
    expect(await get('second')).toEqual([a]);
  });

  it('answers 400 for a key of a different face, by default and when duplicates are not allowed', async () => {
    await set(a, 'user-123');
    expect((await set(b, 'user-123')).status).toBe(400);
    expect((await set(b, 'user-123', { allowDuplicates: false })).status).toBe(400);
    expect(await get('user-123')).toEqual([a]);
  });

  it('lets a key map to several faces when duplicates are allowed', async () => {
    await set(a, 'user-123');
    expect(await set(b, 'user-123', { allowDuplicates: true })).toMatchObject({
      status: 200,
      body: { result: 'Created' },
    });
    expect(await get('user-123')).toEqual(expect.arrayContaining([a, b]));
  });

  it('takes every printable ASCII character, up to 512 of them', async () => {
    const printable = String.fromCharCode(...Array.from({ length: 0x7e - 0x20 }, (_, i) => 0x21 + i));
    for (const key of [printable, 'x'.repeat(512)]) {
      expect((await set(a, key)).status).toBe(200);
      expect(await get(key)).toEqual([a]);
    }
  });

  it.each(['a b', '\t', '\u007f', 'é', '名', 'x'.repeat(513), '', 7, null, undefined])(
    'rejects the key %j with 400',
    async (key) => {
      expect((await set(a, key)).status).toBe(400);
    },
  );

  it('requires a collection and a face: 400', async () => {
    expect((await set(a, 'k', { collectionId: undefined })).status).toBe(400);
    expect((await set(a, 'k', { faceId: undefined })).status).toBe(400);
    expect((await set(a, 'k', { allowDuplicates: 'yes' })).status).toBe(400);
  });

  it('answers 404 for a collection that is not found', async () => {
    expect((await set(a, 'k', { collectionId: 'missing' })).status).toBe(404);
  });
});

describe('get-face-ids', () => {
  it('returns the faces of a key, and an empty list when there are none', async () => {
    await set(a, 'user-123');
    const path = `/v1/external-key/get-face-ids?collectionId=${collectionId}`;
    expect(await send(server, `GET ${path}&externalKey=user-123`)).toMatchObject({
      status: 200,
      body: { faceIds: [a] },
    });
    expect(await get('nobody')).toEqual([]);
  });

  it('answers 404 for a collection that is not found, 400 for what is not valid', async () => {
    const path = '/v1/external-key/get-face-ids';
    expect((await send(server, `GET ${path}?collectionId=missing&externalKey=k`)).status).toBe(404);
    expect((await send(server, `GET ${path}?collectionId=${collectionId}`)).status).toBe(400);
    expect((await send(server, `GET ${path}?externalKey=k`)).status).toBe(400);
    expect((await send(server, `GET ${path}?collectionId=${collectionId}&externalKey=a%20b`)).status).toBe(
      400,
    );
  });
});

describe('delete', () => {
  it('unlinks every face of the key when no face is named, again and again (idempotent)', async () => {
    await set(a, 'user-123');
    await set(b, 'user-123', { allowDuplicates: true });
    for (let i = 0; i < 2; i++) {
      const { status, body } = await remove('externalKey=user-123');
      expect({ status, body }).toEqual({ status: 200, body: {} });
      expect(await get('user-123')).toEqual([]);
    }
  });

  it('removes only the single pair when a face is named', async () => {
    await set(a, 'user-123');
    await set(b, 'user-123', { allowDuplicates: true });
    expect((await remove(`externalKey=user-123&faceId=${a}`)).status).toBe(200);
    expect(await get('user-123')).toEqual([b]);
    // Not a pair: nothing to remove.
    expect((await remove(`externalKey=other&faceId=${b}`)).status).toBe(200);
    expect(await get('user-123')).toEqual([b]);
  });

  it('does not delete the face itself', async () => {
    await set(a, 'user-123');
    await remove('externalKey=user-123');
    const { faceId, externalKey } = await server.client.searchFace({ collectionId, image: { bytes: robin } });
    expect([a, b]).toContain(faceId);
    expect(externalKey).toBeNull();
    expect((await set(a, 'user-123')).body).toMatchObject({ result: 'Created' });
  });

  it('answers 404 for a collection that is not found, 400 for what is not valid', async () => {
    expect((await remove('externalKey=k', 'missing')).status).toBe(404);
    expect((await remove('externalKey=a%20b')).status).toBe(400);
    expect((await remove(`faceId=${a}`)).status).toBe(400);
  });
});
