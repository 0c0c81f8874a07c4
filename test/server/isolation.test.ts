import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type Client } from '#client';
import { REALEYES, type RealeyesName } from '#contract';
import { openServer, portraits, send, type Server } from '../support/server.ts';

/** What belongs to one account looks to every other as if it were not there. */

const OWNED = 'of-ada';
let server: Server;
let ada: Client;
let bobsKey: string;
let bob: Client;
let image: { bytes: string };
/** A face of Ada's, with the key `user-1`. */
let faceId: string;

/** What each endpoint is asked for, given a collection and a face. */
const requests: { [Name in RealeyesName]: (collectionId: string, faceId: string) => object } = {
  getCollection: (collectionId) => ({ collectionId }),
  getAllCollections: () => ({}),
  createCollection: (collectionId) => ({ collectionId }),
  updateCollection: (collectionId) => ({ collectionId, description: 'Bob was here' }),
  resetCollection: (collectionId) => ({ collectionId }),
  deleteCollection: (collectionId) => ({ collectionId }),
  searchFace: (collectionId) => ({ collectionId, image, faceMatchThreshold: 0 }),
  indexFace: (collectionId) => ({ collectionId, image }),
  searchOrIndexFace: (collectionId) => ({ collectionId, image }),
  deleteFace: (collectionId, faceId) => ({ collectionId, faceId }),
  setExternalKey: (collectionId, faceId) => ({ collectionId, faceId, externalKey: 'user-1' }),
  getFaceIds: (collectionId) => ({ collectionId, externalKey: 'user-1' }),
  deleteExternalKey: (collectionId) => ({ collectionId, externalKey: 'user-1' }),
};

/** Bob's answer, without what differs between any two requests. */
async function asBob(name: RealeyesName, input: object): Promise<string> {
  const { method, path } = REALEYES[name];
  const isInBody = method === 'POST' || method === 'PUT';
  const query = new URLSearchParams(input as Record<string, string>).toString();
  const { status, body } = await send(server, `${method} ${path}${isInBody ? '' : `?${query}`}`, {
    authorization: `ApiKey ${bobsKey}`,
    ...(isInBody && { body: input }),
  });
  return JSON.stringify({ status, body: { ...body, requestId: undefined } });
}

async function adasView(): Promise<unknown> {
  return {
    collections: await ada.getAllCollections({}),
    found: await ada.searchFace({ collectionId: OWNED, image }),
    keys: await ada.getFaceIds({ collectionId: OWNED, externalKey: 'user-1' }),
  };
}

beforeAll(async () => {
  server = await openServer();
  image = { bytes: (await portraits()).robin };
  ada = createClient({ origin: server.origin, apiKey: await server.newAccount('Ada') });
  bobsKey = await server.newAccount('Bob');
  bob = createClient({ origin: server.origin, apiKey: bobsKey });
  await ada.createCollection({ collectionId: OWNED });
  faceId = (await ada.indexFace({ collectionId: OWNED, image })).faceId!;
  await ada.setExternalKey({ collectionId: OWNED, faceId, externalKey: 'user-1' });
});
afterAll(() => server.remove());

describe.each(Object.keys(REALEYES) as RealeyesName[])('%s', (name) => {
  it('answers for another’s collection as for one that never was', async () => {
    const before = await adasView();
    const request = requests[name];
    const stranger = await asBob(name, request('of-nobody', faceId));
    const mine = await asBob(name, request(OWNED, faceId));
    expect(mine.replaceAll(OWNED, 'of-nobody')).toBe(stranger);
    for (const collectionId of [OWNED, 'of-nobody']) await bob.deleteCollection({ collectionId });
    expect(await adasView()).toEqual(before);
  });

  it('answers for another’s face in a collection of one’s own as for one that never was', async () => {
    const before = await adasView();
    const answers = [];
    for (const id of [`face_${'0'.repeat(32)}`, faceId]) {
      // The same name as Ada's.
      await bob.deleteCollection({ collectionId: OWNED });
      if (name !== 'createCollection') await bob.createCollection({ collectionId: OWNED });
      answers.push((await asBob(name, requests[name](OWNED, id))).replaceAll(/face_\w+|20\d\d-[^"]+Z/g, '…'));
    }
    expect(answers[1]).toBe(answers[0]);
    await bob.deleteCollection({ collectionId: OWNED });
    expect(await adasView()).toEqual(before);
  });
});
