import { describe, expect, it } from 'vitest';
import { createClient } from '#client';
import { lintel, mustRun } from '../../support/appliance.ts';
import { form, send } from '../../support/server.ts';
import type { Place } from '../place.ts';
import { callsOf, dataOf, refusal } from './calls.ts';

/** What the FaceSmash API promises about descriptors. */
export function describeDescriptors(place: () => Place): void {
  const its = callsOf(place);
  const { base64, post, newDescriptorKey, descriptorOf, register, verify } = its;

  describe('descriptors', () => {
    const made = Array.from({ length: 128 }, (_, i) => (i % 2 ? 0.12 : -0.12));
    /** Of a length that is allowed: one of its numbers is not. */
    const beyond = made.map((_, i) => (i === 0 ? 1.5 : 0));

    it.each<[string, unknown]>([
      ['of a length of their own', made],
      ['with too few numbers', made.slice(1)],
      ['of nothing', Array.from({ length: 128 }, () => 0)],
      ['out of range', beyond],
      ['too long', Array.from({ length: 128 }, () => 0.9)],
      ['of words', Array.from({ length: 128 }, () => 'x')],
    ])('are refused where the account does not allow them: %s', async (_name, descriptor) => {
      for (const path of ['register', 'verify', 'identify']) {
        await register('known', 'robin');
        const answer = await post(path, { userId: 'known', descriptor });
        expect(refusal(answer)[0]).toBe(descriptor === made ? 403 : 400);
      }
    });

    it('are checked where it does', async () => {
      const own = await newDescriptorKey();
      for (const descriptor of [made.slice(1), beyond, Array.from({ length: 128 }, () => 0.01), ['x']]) {
        expect(refusal(await post('register', { userId: 'x', descriptor }, own))).toEqual([
          400,
          'VALIDATION_ERROR',
        ]);
      }
    });

    it('find people enrolled by picture through any API, and the reverse', async () => {
      const own = await newDescriptorKey();
      const realeyes = createClient({ origin: its.server.origin, apiKey: own });
      const collectionId = 'default';
      await realeyes.createCollection({ collectionId });
      const image = { bytes: base64('robin') };
      const { faceId } = await realeyes.indexFace({ collectionId, image });
      await realeyes.setExternalKey({ collectionId, faceId: faceId!, externalKey: 'robin' });
      const robin = await descriptorOf('robin', own);
      expect(robin).toHaveLength(128);
      expect(dataOf(await post('identify', { descriptor: robin }, own))['matches']).toMatchObject([
        { userId: 'robin' },
      ]);
      expect(dataOf(await post('verify', { userId: 'robin', descriptor: robin }, own))).toMatchObject({
        isMatch: true,
      });

      const kim = await descriptorOf('kim', own);
      const registered = await post('register', { userId: 'kim', descriptor: kim, qualityScore: 0.8 }, own);
      expect(dataOf(registered)).toMatchObject({ userId: 'kim', qualityScore: 0.8 });
      const { templateId } = dataOf(registered);
      expect(await verify('kim', 'kim', own)).toMatchObject({ isMatch: true, matchedTemplate: templateId });
      expect(await verify('kim', 'robin', own)).toMatchObject({ isMatch: false });
      const found = await realeyes.searchFace({ collectionId, image: { bytes: base64('kim') } });
      expect(found.externalKey).toBe('kim');
      const sasha = await realeyes.searchFace({ collectionId, image: { bytes: base64('sasha') } });
      expect(sasha.faceId).toBeNull();
      const byKey = { authorization: null, headers: { 'x-api-key': own } };
      const picture = place().pictures.kim;
      const login = await send(its.server, 'POST /api/v1/verify', {
        ...byKey,
        body: form({ name: 'kim', image: picture }),
      });
      expect(login.body).toMatchObject({ match: true });
      const identified = await send(its.server, 'POST /api/v1/collections/default/identify', {
        ...byKey,
        body: form({ image: picture }),
      });
      expect(identified.body['data']).toMatchObject({ match: true, face: { external_id: 'kim' } });
      // A picture of that person, through another API, becomes a reference like any other.
      const enrolled = await send(its.server, 'POST /api/v1/enroll', {
        ...byKey,
        body: form({ name: 'kim', image: picture }),
      });
      expect(enrolled.status).toBe(201);
      await realeyes.deleteFace({ collectionId, externalKey: 'kim' });
      expect(dataOf(await post('identify', { descriptor: kim }, own))['matches']).toEqual([]);
    });

    it('cannot be used to become another person', async () => {
      const own = await newDescriptorKey();
      await register('ada', 'robin', own);
      const kim = await descriptorOf('kim', own);
      expect(refusal(await post('register', { userId: 'ada', descriptor: kim }, own))).toEqual([
        422,
        'DIFFERENT_PERSON',
      ]);
      expect(
        (await post('register', { userId: 'ada', descriptor: await descriptorOf('robin', own) }, own)).status,
      ).toBe(201);
    });

    it('go with the permission', async () => {
      const { accountId, apiKey } = await its.server.newCredentials('Smash off');
      await mustRun(its.server.installation, 'account', 'descriptors', accountId, 'on');
      await register('ada', 'robin', apiKey);
      const robin = await descriptorOf('robin', apiKey);
      const { answer } = await lintel(its.server.installation, 'account', 'descriptors', accountId, 'off');
      expect(answer).toMatchObject({ descriptors: false, removed: 1 });
      expect(refusal(await post('identify', { descriptor: robin }, apiKey))).toEqual([
        403,
        'DESCRIPTORS_NOT_ALLOWED',
      ]);
      expect(await verify('ada', 'robin', apiKey)).toMatchObject({ isMatch: true });
    });
  });
}
