import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { createClient, type Client } from '#client';
import { ODD_JPEGS } from '../../core/recognition/testing/images.ts';
import { form, send, type Answer, type Server } from '../support/server.ts';
import type { Place } from './place.ts';

const NAME = 'robin';

/** What an API does with one person in the collection `default`. */
interface Api {
  readonly enrol: () => Promise<unknown>;
  /** Whether it finds the person; null: it asks for a name, which the person has not. */
  readonly finds: (isNamed: boolean) => Promise<boolean | null>;
  /** Of the person found. Missing where the page knows no deletion. */
  readonly remove?: () => Promise<unknown>;
}

/** Whoever is enrolled through one API is found, and deleted, through every other. */
export function describeMatrix(place: () => Place): void {
  describe('over all APIs', () => {
    let server: Server;
    let pictures: Place['pictures'];
    let realeyes: Client;
    let key: string;
    let token: string;
    /** What is sent. */
    let picture: Uint8Array;
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
    });

    const image = (): { bytes: string } => ({ bytes: Buffer.from(picture).toString('base64') });
    const byKey = (target: string, body?: unknown): Promise<Answer> =>
      send(server, target, { authorization: null, headers: { 'x-api-key': key }, body });
    const byToken = (target: string, body?: unknown): Promise<Answer> =>
      send(server, target, { authorization: `Bearer ${token}`, body });
    const search = (): Promise<Answer> =>
      byToken('POST /api/v1/face/one-to-n/search', { idPhoto: image().bytes });
    const identify = async (): Promise<{ face: { face_id: string } | null }> => {
      const { body } = await byKey('POST /api/v1/collections/default/identify', form({ image: picture }));
      return (body['data'] ?? { face: null }) as { face: { face_id: string } | null };
    };

    const apis: Readonly<Record<string, Api>> = {
      Realeyes: {
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
      Uqudo: {
        enrol: () => byToken('POST /api/v1/face/one-to-n/insert', { idPhoto: image().bytes }),
        finds: async () => (await search()).body['oneToNVerificationMatch'] === true,
        remove: async () => {
          const { oneToNVerificationId: id } = (await search()).body;
          await byToken(`DELETE /api/v1/face/one-to-n/${String(id)}`);
        },
      },
      'collection enrolment': {
        enrol: () =>
          byKey('POST /api/v1/collections/default/faces', form({ image: picture, external_id: NAME })),
        finds: async () => (await identify()).face !== null,
        remove: async () => {
          const { face } = await identify();
          await byKey(`DELETE /api/v1/collections/default/faces/${face!.face_id}`);
        },
      },
      FaceAuth: {
        enrol: () => byKey('POST /api/v1/enroll', form({ name: NAME, image: picture })),
        finds: async (isNamed) => {
          const { body } = await byKey('POST /api/v1/verify', form({ name: NAME, image: picture }));
          return isNamed ? body['match'] === true : null;
        },
      },
    };
    const findings = (isNamed: boolean): Promise<(boolean | null)[]> =>
      Promise.all(Object.values(apis).map(({ finds }) => finds(isNamed)));
    const removeEverybody = () => realeyes.resetCollection({ collectionId });
    const pairs = Object.keys(apis).flatMap((through) =>
      Object.entries(apis)
        .filter(([, { remove }]) => remove !== undefined)
        .map(([from]) => [through, from] as const),
    );

    it.each(pairs)(
      'a person enrolled through %s and deleted through %s is found by all, then by none',
      async (through, from) => {
        // Uqudo knows no names.
        const isNamed = through !== 'Uqudo';
        await apis[through]!.enrol();
        expect(await findings(isNamed)).toEqual([true, true, true, isNamed ? true : null]);
        await apis[from]!.remove!();
        expect(await findings(isNamed)).toEqual([false, false, false, isNamed ? false : null]);
      },
    );

    it.each(Object.entries(ODD_JPEGS).map(([name, change], i) => [name, i, change] as const))(
      'a JPEG with %s is enrolled as it is found',
      async (_, i, change) => {
        const through = Object.keys(apis)[i % Object.keys(apis).length]!;
        const isNamed = through !== 'Uqudo';
        picture = change(Buffer.from(pictures.robin));
        await apis[through]!.enrol();
        expect(await findings(isNamed)).toEqual([true, true, true, isNamed ? true : null]);
        await removeEverybody();
      },
    );

    it('a picture on its side is enrolled through none, and finds nobody', async () => {
      const turned = await sharp(pictures.robin).rotate(90).jpeg().toBuffer();
      for (const [name, { enrol }] of Object.entries(apis)) {
        picture = turned;
        // Refused by an answer, or by an error of the client.
        await Promise.allSettled([enrol()]);
        const { body } = await byKey('GET /api/v1/collections/default/faces');
        expect([name, body['data']]).toMatchObject([name, { total: 0 }]);
      }
      picture = pictures.robin;
      await apis['Realeyes']!.enrol();
      picture = turned;
      expect((await findings(true)).map((found) => found === true)).toEqual([false, false, false, false]);
      await removeEverybody();
    });
  });
}
