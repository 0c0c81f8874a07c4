import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, portraits, send, type Server } from '../../support/server.ts';

/** The collection endpoints of the Realeyes API: one test for each thing that its page promises. */

let server: Server;
let robin: string;

const collection = (target: string, body?: unknown) =>
  send(server, target.replace(' ', ' /v1/collection/'), body === undefined ? {} : { body });
const create = (collectionId: unknown, more: object = {}) =>
  collection('POST create', { collectionId, ...more });

beforeAll(async () => {
  server = await openServer();
  robin = (await portraits()).robin;
});
afterAll(() => server.remove());

describe('get', () => {
  it('retrieves a collection by its identifier, with exactly the documented fields', async () => {
    await create('get-1', { description: 'Collection for employee verification' });
    const { status, body } = await collection('GET get?collectionId=get-1');
    expect(status).toBe(200);
    expect(body).toEqual({
      recognitionCollection: {
        collectionId: 'get-1',
        description: 'Collection for employee verification',
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    });
  });

  it('gives a description of null when none was set', async () => {
    await create('get-2');
    const { body } = await collection('GET get?collectionId=get-2');
    expect(body).toMatchObject({ recognitionCollection: { description: null } });
  });

  it('gives UTC timestamps of creation and last update', async () => {
    const before = Date.now();
    await create('get-3');
    const { body } = await collection('GET get?collectionId=get-3');
    const { createdAt, updatedAt } = body['recognitionCollection'] as Record<string, string>;
    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect(updatedAt).toBe(createdAt);
    expect(Date.parse(createdAt!)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(createdAt!)).toBeLessThanOrEqual(Date.now());
  });

  it('requires a collectionId: 400', async () => {
    expect((await collection('GET get')).status).toBe(400);
    expect((await collection('GET get?collectionId=')).status).toBe(400);
  });

  it('answers 404 for a collection that is not found', async () => {
    expect((await collection('GET get?collectionId=missing')).status).toBe(404);
  });
});

describe('get-all', () => {
  it('lists all collections of the account and no other’s; the list may be empty', async () => {
    const authorization = `ApiKey ${await server.newAccount('get-all')}`;
    const getAll = () => send(server, 'GET /v1/collection/get-all', { authorization });
    expect(await getAll()).toMatchObject({ status: 200, body: { collections: [] } });
    for (const [collectionId, description] of [
      ['my-collection', 'Staff'],
      ['employee-faces', null],
    ]) {
      await send(server, 'POST /v1/collection/create', {
        authorization,
        body: { collectionId, description },
      });
    }
    const times = { createdAt: expect.any(String), updatedAt: expect.any(String) };
    const { body } = await getAll();
    expect(body['collections']).toHaveLength(2);
    expect(body['collections']).toEqual(
      expect.arrayContaining([
        { collectionId: 'my-collection', description: 'Staff', ...times },
        { collectionId: 'employee-faces', description: null, ...times },
      ]),
    );
  });
});

describe('create', () => {
  it('creates a collection and answers with its identifier alone', async () => {
    const { status, body } = await create('new-collection', { description: 'Customers' });
    expect({ status, body }).toEqual({ status: 200, body: { collectionId: 'new-collection' } });
  });

  it('takes letters, numbers, dashes, underscores and dots, up to 512', async () => {
    for (const id of ['aZ09-_.', '.', 'a'.repeat(512)]) expect((await create(id)).status).toBe(200);
  });

  it.each(['a b', 'a/b', 'ä', 'a\u0000', 'a'.repeat(513), '', 7, null, undefined])(
    'rejects the identifier %j with 400',
    async (id) => {
      expect((await create(id)).status).toBe(400);
    },
  );

  it('takes a description of up to 1024, null or none', async () => {
    expect((await create('create-1', { description: 'x'.repeat(1024) })).status).toBe(200);
    expect((await create('create-2', { description: null })).status).toBe(200);
    expect((await create('create-3', { description: 'x'.repeat(1025) })).status).toBe(400);
    expect((await create('create-4', { description: 4 })).status).toBe(400);
    // Characters of Unicode are counted, not the two units that JavaScript has for some.
    expect((await create('create-5', { description: '😀'.repeat(1024) })).status).toBe(200);
    expect((await create('create-6', { description: '😀'.repeat(1025) })).status).toBe(400);
  });

  it.each(['\0', 'a\0b', '\ud800'])('takes no description that is no text (%j): 400', async (text) => {
    expect((await create('create-7', { description: text })).status).toBe(400);
    await create('create-8', { description: 'Two lines,\n\tone indented\x01' });
    const body = { collectionId: 'create-8', description: text };
    expect((await send(server, 'PUT /v1/collection/update', { body })).status).toBe(400);
  });

  it('answers 409 when the collection already exists, and leaves that as it is', async () => {
    await create('twice', { description: 'first' });
    expect((await create('twice', { description: 'second' })).status).toBe(409);
    const { body } = await collection('GET get?collectionId=twice');
    expect(body).toMatchObject({ recognitionCollection: { description: 'first' } });
  });
});

describe('update', () => {
  it('changes the description, and only that', async () => {
    await create('update-1', { description: 'before' });
    const before = (await collection('GET get?collectionId=update-1')).body['recognitionCollection'];
    const { status, body } = await collection('PUT update', {
      collectionId: 'update-1',
      description: 'after',
      createdAt: '2000-01-01T00:00:00Z',
    });
    expect({ status, body }).toEqual({ status: 200, body: { collectionId: 'update-1' } });
    const after = (await collection('GET get?collectionId=update-1')).body['recognitionCollection'];
    expect(after).toEqual({
      ...(before as object),
      description: 'after',
      updatedAt: expect.any(String),
    });
    const { createdAt, updatedAt } = after as Record<string, string>;
    expect(Date.parse(updatedAt!)).toBeGreaterThanOrEqual(Date.parse(createdAt!));
  });

  it('takes null to clear the description, and at most 1024', async () => {
    await create('update-2', { description: 'before' });
    const update = (description: unknown) =>
      collection('PUT update', { collectionId: 'update-2', description });
    expect((await update('x'.repeat(1025))).status).toBe(400);
    expect((await update('x'.repeat(1024))).status).toBe(200);
    expect((await update(null)).status).toBe(200);
    const { body } = await collection('GET get?collectionId=update-2');
    expect(body).toMatchObject({ recognitionCollection: { description: null } });
  });

  it('requires a collectionId: 400', async () => {
    expect((await collection('PUT update', { description: 'x' })).status).toBe(400);
  });
});

describe('reset', () => {
  it('removes all faces and their external keys, and keeps the collection, its description and its use', async () => {
    await create('reset-1', { description: 'kept' });
    const image = { bytes: robin };
    const { faceId } = await server.client.indexFace({ collectionId: 'reset-1', image });
    await server.client.setExternalKey({ collectionId: 'reset-1', faceId: faceId!, externalKey: 'k' });

    const { status, body } = await collection('DELETE reset?collectionId=reset-1');
    expect({ status, body }).toEqual({ status: 200, body: { collectionId: 'reset-1' } });

    const { collectionId } = { collectionId: 'reset-1' };
    expect((await server.client.searchFace({ collectionId, image })).faceId).toBeNull();
    expect(await server.client.getFaceIds({ collectionId, externalKey: 'k' })).toEqual({ faceIds: [] });
    expect(await server.client.getCollection({ collectionId })).toMatchObject({
      recognitionCollection: { description: 'kept' },
    });
    expect((await server.client.indexFace({ collectionId, image })).faceId).not.toBe(faceId);
  });

  it('answers 404 for a collection that is not found and 400 without an identifier', async () => {
    expect((await collection('DELETE reset?collectionId=missing')).status).toBe(404);
    expect((await collection('DELETE reset')).status).toBe(400);
  });
});

describe('delete', () => {
  it('deletes a collection, answers {}, and does so again (idempotent)', async () => {
    await create('delete-1');
    for (let i = 0; i < 2; i++) {
      const { status, body } = await collection('DELETE delete?collectionId=delete-1');
      expect({ status, body }).toEqual({ status: 200, body: {} });
    }
    expect((await collection('GET get?collectionId=delete-1')).status).toBe(404);
  });

  it('takes its faces with it: a collection created again is empty', async () => {
    await create('delete-2');
    const input = { collectionId: 'delete-2', image: { bytes: robin } };
    await server.client.indexFace(input);
    await collection('DELETE delete?collectionId=delete-2');
    await create('delete-2');
    expect((await server.client.searchFace(input)).faceId).toBeNull();
  });

  it('requires a valid collectionId: 400', async () => {
    expect((await collection('DELETE delete')).status).toBe(400);
    expect((await collection('DELETE delete?collectionId=a%20b')).status).toBe(400);
  });
});
