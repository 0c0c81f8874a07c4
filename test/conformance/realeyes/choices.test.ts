import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, portraits, send, type Server } from '../../support/server.ts';

/** What docs/api-notes.md chooses where the page of the Realeyes API is silent. */

const collectionId = 'choices';
let server: Server;
let robin: string;

const search = (image: object) => send(server, 'POST /v1/face/search', { body: { collectionId, image } });

beforeAll(async () => {
  server = await openServer();
  robin = (await portraits()).robin;
  await server.client.createCollection({ collectionId, description: 'first' });
});
afterAll(() => server.remove());

describe('collections', () => {
  it('that are not found cannot be updated: 404', async () => {
    for (const body of [{ collectionId: 'missing', description: 'x' }, { collectionId: 'missing' }]) {
      expect((await send(server, 'PUT /v1/collection/update', { body })).status).toBe(404);
    }
  });

  it('keep their description when an update has none', async () => {
    expect(await server.client.updateCollection({ collectionId })).toEqual({ collectionId });
    const { recognitionCollection } = await server.client.getCollection({ collectionId });
    expect(recognitionCollection.description).toBe('first');
  });

  it('are listed by identifier', async () => {
    for (const id of ['b', 'a']) await server.client.createCollection({ collectionId: id });
    const { collections } = await server.client.getAllCollections({});
    const ids = collections?.map(({ collectionId }) => collectionId);
    expect(ids).toEqual(ids?.toSorted());
  });
});

describe('images', () => {
  it('come as bytes or by url, not both: 400', async () => {
    expect((await search({ bytes: robin, url: 'https://images.example/a.jpg' })).status).toBe(400);
  });

  it('may have a data URL’s prefix, the URL-safe alphabet and line breaks', async () => {
    const urlSafe = Buffer.from(robin, 'base64').toString('base64url');
    const broken = robin.replaceAll(/.{76}/g, '$&\r\n');
    for (const bytes of [`data:image/jpeg;base64,${robin}`, urlSafe, broken]) {
      expect((await search({ bytes })).status).toBe(200);
    }
  });

  it('in a collection that is not found are not looked at: 404', async () => {
    const body = { collectionId: 'missing', image: { bytes: '!' } };
    expect((await send(server, 'POST /v1/face/search', { body })).status).toBe(404);
  });
});

describe('pictures that are spoiled', () => {
  /** Robin's photograph, spoiled, and the code that says why it is no good. */
  const spoiled = async (): Promise<[string, string][]> => {
    const photo = sharp(Buffer.from(robin, 'base64'));
    const { width, height } = await photo.metadata();
    const text = async (image: Sharp): Promise<string> => (await image.jpeg().toBuffer()).toString('base64');
    return [
      ...(await Promise.all(
        [90, 180, 270].map(
          async (turn) => [await text(photo.clone().rotate(turn)), 'not-upright'] as [string, string],
        ),
      )),
      [await text(photo.clone().blur(Math.max(width, height) / 100)), 'blurred'],
    ];
  };
  const post = (path: 'index' | 'search' | 'search-or-index', bytes: string) =>
    send(server, `POST /v1/face/${path}`, { body: { collectionId: 'spoiled', image: { bytes } } });

  it('are not indexed: 400 with a code that says why', async () => {
    await server.client.createCollection({ collectionId: 'spoiled' });
    for (const [bytes, code] of await spoiled()) {
      for (const path of ['index', 'search-or-index'] as const) {
        expect(await post(path, bytes)).toMatchObject({ status: 400, body: { code } });
      }
    }
  });

  it('match no face: 200 and a face id of null', async () => {
    await server.client.indexFace({ collectionId: 'spoiled', image: { bytes: robin } });
    expect(await post('search', robin)).toMatchObject({ body: { faceId: expect.any(String) } });
    for (const [bytes] of await spoiled()) {
      expect(await post('search', bytes)).toMatchObject({
        status: 200,
        body: { faceId: null, externalKey: null },
      });
    }
  });
});

describe('faces', () => {
  it('that are not there are deleted all the same: 200', async () => {
    const path = `DELETE /v1/face/delete?collectionId=${collectionId}`;
    for (const query of ['faceId=face_abc123xyz789', 'externalKey=nobody']) {
      expect(await send(server, `${path}&${query}`)).toMatchObject({ status: 200, body: {} });
    }
  });

  it('have no control characters in their ids: 400', async () => {
    const path = `DELETE /v1/face/delete?collectionId=${collectionId}&faceId=face_%00`;
    expect((await send(server, path)).status).toBe(400);
    const body = { collectionId, faceId: 'face_\0', externalKey: 'k' };
    expect((await send(server, 'PUT /v1/external-key/set', { body })).status).toBe(400);
  });

  it('are not deleted by two criteria at once: 400', async () => {
    const { faceId } = await server.client.indexFace({ collectionId, image: { bytes: robin } });
    const path = `DELETE /v1/face/delete?collectionId=${collectionId}&faceId=${faceId}&externalKey=k`;
    expect((await send(server, path)).status).toBe(400);
    expect((await server.client.searchFace({ collectionId, image: { bytes: robin } })).faceId).toBe(faceId);
  });

  it('that are not there take no external key: 404', async () => {
    const body = { collectionId, faceId: 'face_abc123xyz789', externalKey: 'k' };
    expect((await send(server, 'PUT /v1/external-key/set', { body })).status).toBe(404);
  });
});

it('a DELETE may name a content type without a body', async () => {
  const { status } = await send(server, 'DELETE /v1/collection/delete?collectionId=a', {
    headers: { 'content-type': 'application/json' },
  });
  expect(status).toBe(200);
});
