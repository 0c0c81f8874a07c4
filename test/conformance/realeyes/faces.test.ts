import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from '#client';
import { NEVER_ENDS_MS } from '../../../scripts/test/limits.ts';
import { landscape, openServer, portraits, send, type Answer, type Server } from '../../support/server.ts';
import { DETECTED } from './detected.ts';

/** The face endpoints of the Realeyes API: one test for each thing that its page promises. */

let server: Server;
let pictures: Awaited<ReturnType<typeof portraits>>;
let collectionId: string;
let count = 0;

const post = (endpoint: string, body: object): Promise<Answer> =>
  send(server, `POST /v1/face/${endpoint}`, { body: { collectionId, ...body } });
const bytes = (encoded: string): { image: object } => ({ image: { bytes: encoded } });
const index = async (encoded: string): Promise<string> => {
  const { faceId } = await server.client.indexFace({ collectionId, image: { bytes: encoded } });
  return faceId!;
};

const NO_FACE = { face: null, faceId: null, hasFace: false, unprocessedFaceCount: 0 };

beforeAll(async () => {
  server = await openServer();
  pictures = await portraits();
});
afterAll(() => server.remove());
beforeEach(async () => {
  collectionId = `faces-${count++}`;
  await server.client.createCollection({ collectionId });
});

describe('search', () => {
  it('returns the face id of a match, with exactly the documented fields', async () => {
    const faceId = await index(pictures.robin);
    const { status, body } = await post('search', bytes(pictures.robinAgain));
    expect(status).toBe(200);
    expect(body).toEqual({ ...DETECTED, faceId, externalKey: null });
  });

  it('returns a detection score from 0 to 1 and a bounding box of integers', async () => {
    const { body } = await post('search', bytes(pictures.robin));
    const { confidence, boundingBox } = body['face'] as { confidence: number; boundingBox: object };
    expect(confidence).toBeGreaterThan(0.5);
    expect(confidence).toBeLessThanOrEqual(1);
    for (const value of Object.values(boundingBox)) expect(value).toBeTypeOf('number');
    expect(Object.values(boundingBox).every(Number.isInteger)).toBe(true);
  });

  it('returns a face id of null when no face matches', async () => {
    await index(pictures.sasha);
    const { status, body } = await post('search', bytes(pictures.robin));
    expect({ status, body }).toEqual({ status: 200, body: { ...DETECTED, faceId: null, externalKey: null } });
  });

  it('returns the external key that was set on the matched face', async () => {
    const faceId = await index(pictures.robin);
    await server.client.setExternalKey({ collectionId, faceId, externalKey: 'user-123' });
    const { body } = await post('search', bytes(pictures.robinAgain));
    expect(body).toMatchObject({ faceId, externalKey: 'user-123' });
  });

  it('indicates that no face was found', async () => {
    const { status, body } = await post('search', bytes(await landscape()));
    expect({ status, body }).toEqual({ status: 200, body: { ...NO_FACE, externalKey: null } });
  });

  it('uses the dominant face only and counts the others', async () => {
    const two = await sharp(Buffer.from(pictures.robin, 'base64'))
      .resize({ width: 900 })
      .extend({ right: 500 })
      .composite([
        {
          input: await sharp(Buffer.from(pictures.sasha, 'base64')).resize({ width: 450 }).toBuffer(),
          left: 920,
          top: 0,
        },
      ])
      .jpeg()
      .toBuffer();
    const faceId = await index(pictures.robin);
    await index(pictures.sasha);
    const { body } = await post('search', bytes(two.toString('base64')));
    expect(body).toMatchObject({ faceId, unprocessedFaceCount: 1 });
  });

  it('takes a threshold from 0 to 100, 80 by default', async () => {
    await index(pictures.sasha);
    const found = async (faceMatchThreshold?: number) =>
      (await post('search', { ...bytes(pictures.robin), faceMatchThreshold })).body['faceId'];
    expect(await found()).toBeNull();
    expect(await found(80)).toBeNull();
    // At 0 the most similar face matches, however unlike.
    expect(await found(0)).not.toBeNull();
    expect(await found(100)).toBeNull();
  });

  it.each([-1, 101, 80.5, '80', null, true])('rejects the threshold %j with 400', async (threshold) => {
    const { status } = await post('search', { ...bytes(pictures.robin), faceMatchThreshold: threshold });
    expect(status).toBe(400);
  });

  it('takes JPEG and PNG, and no other format', async () => {
    const faceId = await index(pictures.robin);
    const image = sharp(Buffer.from(pictures.robin, 'base64'));
    const png = (await image.clone().png().toBuffer()).toString('base64');
    expect((await post('search', bytes(png))).body).toMatchObject({ faceId });
    const webp = (await image.clone().webp().toBuffer()).toString('base64');
    expect((await post('search', bytes(webp))).status).toBe(400);
  });
});

describe.each(['search', 'index', 'search-or-index'])('%s', (endpoint) => {
  it('requires an image: 400', async () => {
    for (const image of [undefined, null, {}, { bytes: null, url: null }, 'x', { bytes: 7 }]) {
      expect((await post(endpoint, { image })).status).toBe(400);
    }
  });

  it('requires a collection: 400 without one, 404 for one that is not found', async () => {
    for (const id of [undefined, null, 'a b', 'a'.repeat(513)]) {
      expect((await post(endpoint, { ...bytes(pictures.robin), collectionId: id })).status).toBe(400);
    }
    expect((await post(endpoint, { ...bytes(pictures.robin), collectionId: 'missing' })).status).toBe(404);
  });

  it('takes bytes with a url of null, and the url may be left out', async () => {
    for (const image of [{ bytes: pictures.robin, url: null }, { bytes: pictures.robin }]) {
      expect((await post(endpoint, { image })).status).toBe(200);
    }
  });

  it('answers 400 for bytes that are no image', async () => {
    const damaged = Buffer.from(pictures.robin, 'base64').subarray(0, 2000).toString('base64');
    for (const encoded of ['', 'not base 64!', 'aGVsbG8=', damaged]) {
      expect((await post(endpoint, bytes(encoded))).status).toBe(400);
    }
  });
});

describe('index', () => {
  it('returns a generated face id, with exactly the documented fields and no external key', async () => {
    const { status, body } = await post('index', { ...bytes(pictures.robin), externalKey: 'ignored' });
    expect(status).toBe(200);
    expect(body).toEqual({ ...DETECTED, faceId: expect.stringMatching(/^face_/) });
    expect(await server.client.getFaceIds({ collectionId, externalKey: 'ignored' })).toEqual({ faceIds: [] });
  });

  it('indexes a new face each time, also of a person who is there', async () => {
    expect(await index(pictures.robin)).not.toBe(await index(pictures.robin));
  });

  it('indexes nothing when no face was found', async () => {
    const { status, body } = await post('index', bytes(await landscape()));
    expect({ status, body }).toEqual({ status: 200, body: NO_FACE });
    const any = await post('search', { ...bytes(pictures.robin), faceMatchThreshold: 0 });
    expect(any.body['faceId']).toBeNull();
  });
});

describe('search-or-index', () => {
  it('indexes a face that is not found: result source Index, no external key', async () => {
    const { status, body } = await post('search-or-index', bytes(pictures.robin));
    expect(status).toBe(200);
    expect(body).toEqual({
      ...DETECTED,
      faceId: expect.stringMatching(/^face_/),
      externalKey: null,
      resultSource: 'Index',
    });
    expect((await post('search', bytes(pictures.robinAgain))).body['faceId']).toBe(body['faceId']);
  });

  it('finds a face that is there: result source Search, with its external key', async () => {
    const faceId = await index(pictures.robin);
    const find = async () => (await post('search-or-index', bytes(pictures.robinAgain))).body;
    expect(await find()).toEqual({ ...DETECTED, faceId, externalKey: null, resultSource: 'Search' });
    await server.client.setExternalKey({ collectionId, faceId, externalKey: 'user-123' });
    expect(await find()).toMatchObject({ faceId, externalKey: 'user-123', resultSource: 'Search' });
  });

  it('says None and indexes nothing when no face was found', async () => {
    const { body } = await post('search-or-index', bytes(await landscape()));
    expect(body).toEqual({ ...NO_FACE, externalKey: null, resultSource: 'None' });
  });

  it('takes a threshold as search does', async () => {
    const sasha = await index(pictures.sasha);
    const { body } = await post('search-or-index', { ...bytes(pictures.robin), faceMatchThreshold: 0 });
    expect(body).toMatchObject({ faceId: sasha, resultSource: 'Search' });
    expect((await post('search-or-index', bytes(pictures.robin))).body['resultSource']).toBe('Index');
    const { status } = await post('search-or-index', { ...bytes(pictures.robin), faceMatchThreshold: 101 });
    expect(status).toBe(400);
  });

  it('indexes a new person once, however many calls come at the same time', async () => {
    // A busy machine looks at a hundred pictures for longer than a client waits by itself.
    const patient = createClient({ ...server, timeoutMilliseconds: NEVER_ENDS_MS });
    const calls = Array.from({ length: 100 }, () =>
      patient.searchOrIndexFace({ collectionId, image: { bytes: pictures.kim } }),
    );
    const answers = await Promise.all(calls);
    expect(new Set(answers.map(({ faceId }) => faceId)).size).toBe(1);
    expect(answers.filter(({ resultSource }) => resultSource === 'Index')).toHaveLength(1);
    expect(answers.filter(({ resultSource }) => resultSource === 'Search')).toHaveLength(99);
  });
});

describe('delete', () => {
  const remove = (query: string) =>
    send(server, `DELETE /v1/face/delete?collectionId=${collectionId}${query}`);

  it('deletes by face id and answers {}', async () => {
    const faceId = await index(pictures.robin);
    const { status, body } = await remove(`&faceId=${faceId}`);
    expect({ status, body }).toEqual({ status: 200, body: {} });
    expect((await post('search', bytes(pictures.robin))).body['faceId']).toBeNull();
  });

  it('deletes by external key every face that has it', async () => {
    const [a, b, other] = [
      await index(pictures.robin),
      await index(pictures.kim),
      await index(pictures.sasha),
    ];
    for (const faceId of [a, b]) {
      await server.client.setExternalKey({
        collectionId,
        faceId,
        externalKey: 'user-123',
        allowDuplicates: true,
      });
    }
    const { status, body } = await remove('&externalKey=user-123');
    expect({ status, body }).toEqual({ status: 200, body: {} });
    expect((await post('search', bytes(pictures.robin))).body['faceId']).toBeNull();
    expect((await post('search', bytes(pictures.kim))).body['faceId']).toBeNull();
    expect((await post('search', bytes(pictures.sasha))).body['faceId']).toBe(other);
  });

  it('removes the external key of the face with it', async () => {
    const faceId = await index(pictures.robin);
    await server.client.setExternalKey({ collectionId, faceId, externalKey: 'user-123' });
    await remove(`&faceId=${faceId}`);
    expect(await server.client.getFaceIds({ collectionId, externalKey: 'user-123' })).toEqual({
      faceIds: [],
    });
  });

  it('answers 400 without face id and external key, and for an invalid external key', async () => {
    expect((await remove('')).status).toBe(400);
    for (const key of ['a%20b', '%C3%A9', '%09', 'x'.repeat(513), '']) {
      expect((await remove(`&externalKey=${key}`)).status).toBe(400);
    }
  });

  it('answers 404 for a collection that is not found and 400 without one', async () => {
    expect((await send(server, 'DELETE /v1/face/delete?collectionId=missing&faceId=face_x')).status).toBe(
      404,
    );
    expect((await send(server, 'DELETE /v1/face/delete?faceId=face_x')).status).toBe(400);
  });
});
