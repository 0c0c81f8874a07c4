import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newServer, portraits, send, type Server } from '../../support/server.ts';

/** What docs/api-notes.md chooses where the page of the documented API is silent. */

const collectionId = 'choices';
let server: Server;
let robin: string;

const search = (image: object) => send(server, 'POST /v1/face/search', { body: { collectionId, image } });

beforeAll(async () => {
  server = await newServer();
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

describe('faces', () => {
  it('that are not there are deleted all the same: 200', async () => {
    const path = `DELETE /v1/face/delete?collectionId=${collectionId}`;
    for (const query of ['faceId=face_abc123xyz789', 'externalKey=nobody']) {
      expect(await send(server, `${path}&${query}`)).toMatchObject({ status: 200, body: {} });
    }
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
