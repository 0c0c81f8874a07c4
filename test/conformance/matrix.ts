import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type Client } from '#client';
import type { FaceDialectName } from '#contract';
import { modelIdOf } from '#core/recognition';
import { fileKekProvider, LOCAL_ACCOUNT, openStore, type SqlStore } from '#core/store';
import { ODD_JPEGS } from '../../core/recognition/testing/images.ts';
import { exchange, joinServer, membershipOf } from '../../main/sync/index.ts';
import { lintel, newInstallation, type Installation } from '../support/appliance.ts';
import { form, send, type Answer, type Server } from '../support/server.ts';
import type { Place } from './place.ts';

const NAME = 'robin';

/** What an API does with one person in the collection `default`. */
interface Api {
  readonly enrol: () => Promise<unknown>;
  readonly finds: () => Promise<boolean>;
  /** Of the person found. */
  readonly remove: () => Promise<unknown>;
}

const WEIGHTS = fileURLToPath(new URL('../../models/weights', import.meta.url));

/** A person enrolled through one API is found, and deleted, through every other and at an appliance. */
export function describeMatrix(place: () => Place): void {
  describe('over all APIs', () => {
    let server: Server;
    let pictures: Place['pictures'];
    let realeyes: Client;
    let key: string;
    let token: string;
    /** What is sent. */
    let picture: Uint8Array;
    let installation: Installation;
    let appliance: SqlStore;
    let modelId: string;
    const collectionId = 'default';

    beforeAll(async () => {
      ({ server, pictures } = place());
      picture = pictures.robin;
      const { accountId, apiKey } = await server.newCredentials('Matrix');
      key = apiKey;
      realeyes = createClient({ origin: server.origin, apiKey });
      const credentials = { client_id: accountId, client_secret: apiKey };
      const { body } = await send(server, 'POST /api/oauth/token', {
        authorization: null,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ grant_type: 'client_credentials', ...credentials }).toString(),
      });
      token = String(body['access_token']);
      await realeyes.createCollection({ collectionId });
      const invited = await lintel(server.installation, 'device', 'invite', '--account', accountId);
      installation = await newInstallation();
      const { data, keyFile } = installation;
      appliance = await openStore({ dir: data, kekProvider: fileKekProvider(keyFile) });
      await joinServer(appliance, { origin: server.origin }, String(invited.answer['code']), 'matrix');
      modelId = await modelIdOf(WEIGHTS, 'default');
    });
    afterAll(async () => {
      await appliance.close();
      await installation.remove();
    });

    /** How many people a paired appliance has, once it has asked. */
    const atAppliance = async (): Promise<number> => {
      const options = {
        store: appliance,
        modelId: () => modelId,
        version: 'test',
        dropSentImages: () => false,
        // Everybody it has goes, again and again: otherwise it would ask an operator first.
        mostUnasked: () => 1000,
      };
      const membership = await membershipOf(appliance);
      await exchange(options, membership!, new AbortController().signal, () => undefined);
      return (await appliance.listFaces(LOCAL_ACCOUNT, collectionId)).total;
    };

    const image = (): { bytes: string } => ({ bytes: Buffer.from(picture).toString('base64') });
    const byKey = (target: string, body?: unknown): Promise<Answer> =>
      send(server, target, { authorization: null, headers: { 'x-api-key': key }, body });
    const byToken = (target: string, body?: unknown): Promise<Answer> =>
      send(server, target, { authorization: `Bearer ${token}`, body });
    const byBearer = (target: string, body?: unknown): Promise<Answer> =>
      send(server, target, { authorization: `Bearer ${key}`, body });
    const search = (): Promise<Answer> =>
      byToken('POST /api/v1/face/one-to-n/search', { idPhoto: image().bytes });
    const identify = async (): Promise<{ face: { face_id: string } | null }> => {
      const { body } = await byKey('POST /api/v1/collections/default/identify', form({ image: picture }));
      return body['data'] as { face: { face_id: string } | null };
    };

    const apis: Readonly<Record<FaceDialectName, Api>> = {
      realeyes: {
        enrol: async () => {
          const { faceId } = await realeyes.indexFace({ collectionId, image: image() });
          await realeyes.setExternalKey({ collectionId, faceId: faceId!, externalKey: NAME });
        },
        finds: async () => (await realeyes.searchFace({ collectionId, image: image() })).faceId !== null,
        remove: async () => {
          const { faceId } = await realeyes.searchFace({ collectionId, image: image() });
          await realeyes.deleteFace({ collectionId, faceId: faceId! });
        },
      },
      uqudo: {
        enrol: async () => {
          const { body } = await byToken('POST /api/v1/face/one-to-n/insert', { idPhoto: image().bytes });
          // It knows no names; one is given through another API.
          const faceId = String(body['oneToNVerificationId']);
          await realeyes.setExternalKey({ collectionId, faceId, externalKey: NAME });
        },
        finds: async () => (await search()).body['oneToNVerificationMatch'] === true,
        remove: async () => {
          const { oneToNVerificationId: id } = (await search()).body;
          await byToken(`DELETE /api/v1/face/one-to-n/${String(id)}`);
        },
      },
      collections: {
        enrol: () =>
          byKey('POST /api/v1/collections/default/faces', form({ image: picture, external_id: NAME })),
        finds: async () => (await identify()).face !== null,
        remove: async () => {
          const { face } = await identify();
          await byKey(`DELETE /api/v1/collections/default/faces/${face!.face_id}`);
        },
      },
      faceauth: {
        enrol: () => byKey('POST /api/v1/enroll', form({ name: NAME, image: picture })),
        finds: async () => {
          const { body } = await byKey('POST /api/v1/verify', form({ name: NAME, image: picture }));
          return body['match'] === true;
        },
        remove: () => byKey(`DELETE /api/v1/enroll/${NAME}`),
      },
      facesmash: {
        enrol: () => byBearer('POST /v1/faces/register', { userId: NAME, image: image().bytes }),
        finds: async () => {
          const { body } = await byBearer('POST /v1/faces/identify', { image: image().bytes });
          const found = body['data'] as { matches: { userId: string }[] } | undefined;
          return found?.matches[0]?.userId === NAME;
        },
        remove: () => byBearer(`DELETE /v1/users/${NAME}`),
      },
    };
    const names = Object.keys(apis) as FaceDialectName[];
    const findings = (): Promise<boolean[]> => Promise.all(Object.values(apis).map(({ finds }) => finds()));
    const pairs = names.flatMap((through) => names.map((from) => [through, from] as const));

    it.each(pairs)(
      'a person enrolled through %s and deleted through %s is found by all and an appliance, then by none',
      async (through, from) => {
        await apis[through].enrol();
        expect(await findings()).toEqual(names.map(() => true));
        expect(await atAppliance()).toBe(1);
        await apis[from].remove();
        expect(await findings()).toEqual(names.map(() => false));
        expect(await atAppliance()).toBe(0);
      },
    );

    const removeEverybody = () => realeyes.resetCollection({ collectionId });
    it.each(Object.entries(ODD_JPEGS).map(([name, change], i) => [name, i, change] as const))(
      'a JPEG with %s is enrolled as it is found',
      async (_, i, change) => {
        const through = names[i % names.length]!;
        picture = change(Buffer.from(pictures.robin));
        await apis[through].enrol();
        expect(await findings()).toEqual(names.map(() => true));
        await removeEverybody();
      },
    );

    it('a picture on its side is enrolled through none, and finds no face', async () => {
      const turned = await sharp(pictures.robin).rotate(90).jpeg().toBuffer();
      for (const [name, { enrol }] of Object.entries(apis)) {
        picture = turned;
        // Refused by an answer, or by an error of the client.
        await Promise.allSettled([enrol()]);
        const { body } = await byKey('GET /api/v1/collections/default/faces');
        expect([name, body['data']]).toMatchObject([name, { total: 0 }]);
      }
      picture = pictures.robin;
      await apis.realeyes.enrol();
      picture = turned;
      expect(await findings()).toEqual(names.map(() => false));
      await removeEverybody();
    });
  });
}
