import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { createClient, type Client } from '#client';
import { form, send, type Answer, type Server } from '../../support/server.ts';
import type { Place } from '../place.ts';

/** What the page of the Uqudo Face API promises, promise by promise. */
export function describeUqudo(place: () => Place): void {
  describe('Uqudo', () => {
    let server: Server;
    let photos: Record<keyof Place['pictures'], string>;
    let pictures: Place['pictures'];
    let account: { accountId: string; apiKey: string };
    let token: string;
    let realeyes: Client;
    let count = 0;

    const getToken = (fields: Record<string, string>): Promise<Answer> =>
      send(server, 'POST /api/oauth/token', {
        authorization: null,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ grant_type: 'client_credentials', ...fields }).toString(),
      });
    const tokenOf = async ({ accountId, apiKey }: typeof account): Promise<string> =>
      String((await getToken({ client_id: accountId, client_secret: apiKey })).body['access_token']);
    const call = (target: string, body?: unknown, access: string | null = token): Promise<Answer> =>
      send(server, target, {
        authorization: access === null ? null : `Bearer ${access}`,
        ...(body !== undefined && { body }),
      });
    const face = (path: string, body?: unknown, access?: string | null): Promise<Answer> =>
      call(`POST /api/v1/face${path}`, body, access);
    const newAccount = async (): Promise<typeof account> => await server.newCredentials(`Uqudo ${count++}`);
    const padded = (length: number): string => {
      const bytes = new Uint8Array(length);
      bytes.set(pictures.robin);
      return Buffer.from(bytes).toString('base64');
    };

    beforeAll(async () => {
      ({ server, pictures } = place());
      photos = Object.fromEntries(
        Object.entries(pictures).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
      ) as typeof photos;
      account = await newAccount();
      token = await tokenOf(account);
      realeyes = createClient({ origin: server.origin, apiKey: account.apiKey });
    });

    describe('the access token', () => {
      it('is given for the id and a key of an account', async () => {
        const { status, body, headers } = await getToken({
          client_id: account.accountId,
          client_secret: account.apiKey,
        });
        expect(status).toBe(200);
        expect(body).toEqual({
          access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
          token_type: 'bearer',
          expires_in: 1800,
          scope: 'read write admin',
          jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
        });
        expect(headers.get('cache-control')).toBe('no-store');
        expect(body['access_token']).not.toBe(token);
        const again = await face('/match', { sourceImage: photos.robin, targetImage: photos.robin });
        expect(again.status).toBe(200);
      });

      it('is not given for a wrong id or secret, nor another account’s', async () => {
        const other = await newAccount();
        for (const fields of [
          { client_id: 'nobody', client_secret: account.apiKey },
          { client_id: account.accountId, client_secret: 'wrong-secret-123' },
          { client_id: other.accountId, client_secret: account.apiKey },
        ]) {
          expect((await getToken(fields)).status).toBe(401);
        }
        expect((await getToken({ client_id: 'x', client_secret: 'y', grant_type: 'password' })).status).toBe(
          400,
        );
        expect((await getToken({ client_id: 'x' })).status).toBe(400);
      });

      it.each<[string, () => string | null]>([
        ['nothing', () => null],
        ['an API key', () => account.apiKey],
        ['another signature', () => `${token.slice(0, -4)}AAAA`],
        ['another text', () => token.replace(/\.[^.]+\./, '.e30.')],
        ['no token', () => 'a.b.c'],
      ])('is asked for before the body is looked at: %s is 401', async (_name, access) => {
        for (const target of [
          'POST /api/v1/face',
          'POST /api/v1/face/match',
          'POST /api/v1/face/one-to-n/search',
          'POST /api/v1/face/one-to-n/insert',
          'DELETE /api/v1/face/one-to-n/search/x',
          'DELETE /api/v1/face/one-to-n/x',
          'POST /api/v1/face/x/match',
          'GET /api/v1/face/x/result',
        ]) {
          const answer = await call(target, target.startsWith('POST') ? '[' : undefined, access());
          expect([target, answer.status]).toEqual([target, 401]);
        }
      });

      it('permits what its key does, and dies with it', async () => {
        const { keyId, authorization } = await server.newKey('read');
        const { accountId } = server;
        const read = await tokenOf({ accountId, apiKey: authorization.replace('ApiKey ', '') });
        const search = { idPhoto: photos.kim };
        expect((await face('/one-to-n/search', search, read)).status).toBe(200);
        expect((await face('/one-to-n/search', { ...search, insert: true }, read)).status).toBe(403);
        expect((await face('/one-to-n/insert', search, read)).status).toBe(403);
        expect((await call('DELETE /api/v1/face/one-to-n/search/x', undefined, read)).status).toBe(403);
        await server.revokeApiKey(keyId);
        expect((await face('/one-to-n/search', search, read)).status).toBe(401);
      });
    });

    describe('match', () => {
      const match = async (other: keyof typeof photos, minimumMatchLevel?: number) =>
        (await face('/match', { sourceImage: photos.robin, targetImage: photos[other], minimumMatchLevel }))
          .body;

      it('returns a level that does not depend on the minimum', async () => {
        expect(await match('robin')).toEqual({ match: true, matchLevel: 5 });
        const { matchLevel } = await match('robinAgain');
        for (const minimum of [1, 2, 3, 4, 5]) {
          const expected = { match: Number(matchLevel) >= minimum, matchLevel };
          expect(await match('robinAgain', minimum)).toEqual(expected);
        }
        expect(await match('sasha', 1)).toMatchObject({ match: false });
        expect(await match('landscape', 1)).toEqual({ match: false, matchLevel: 0 });
      });

      it.each([0, 6, 2.5, '3', null])('refuses the minimum %j', async (minimumMatchLevel) => {
        const body = { sourceImage: photos.robin, targetImage: photos.robin, minimumMatchLevel };
        expect((await face('/match', body)).status).toBe(400);
      });
    });

    describe('photos that show no face clearly', () => {
      // By their templates alone, these of two people are alike at level 4.
      let spoiled: Record<'robin' | 'sasha', Buffer>;
      beforeAll(async () => {
        const negative = (picture: Uint8Array) => sharp(picture).negate().median(9).jpeg().toBuffer();
        spoiled = { robin: await negative(pictures.robin), sasha: await negative(pictures.sasha) };
      });
      const text = (photo: Uint8Array): string => Buffer.from(photo).toString('base64');

      it('are alike to nothing: level 0', async () => {
        const nothing = { match: false, matchLevel: 0 };
        const other = text(spoiled.sasha);
        const match = async (sourceImage: string) =>
          (await face('/match', { sourceImage, targetImage: other, minimumMatchLevel: 1 })).body;
        expect(await match(text(spoiled.robin))).toEqual(nothing);
        expect(await match(other)).toEqual(nothing);
        const { body } = await face('', form({ idPhoto: pictures.sasha }));
        const compared = await face(`/${String(body['sessionId'])}/match`, { image: other });
        expect(compared.body).toEqual(nothing);
      });

      it('open no session, and are nobody’s: what is wrong with them is said', async () => {
        const refusal = { status: 400, body: { code: expect.not.stringMatching(/^no-face$/) } };
        expect(await face('', form({ idPhoto: spoiled.robin }))).toMatchObject(refusal);
        const own = await tokenOf(await newAccount());
        const search = (photo: Uint8Array, insert: boolean) =>
          face('/one-to-n/search', { idPhoto: text(photo), insert }, own);
        expect((await search(pictures.robin, true)).status).toBe(200);
        expect((await search(spoiled.robin, false)).body['oneToNVerificationMatch']).toBe(false);
        expect(await search(spoiled.robin, true)).toMatchObject(refusal);
      });
    });

    describe('1:N', () => {
      let own: typeof account;
      let access: string;
      const search = async (idPhoto: string, insert?: boolean): Promise<Answer> =>
        await face('/one-to-n/search', { idPhoto, insert }, access);
      beforeAll(async () => {
        own = await newAccount();
        access = await tokenOf(own);
      });

      it('finds no face where none was inserted', async () => {
        const { status, body } = await search(photos.robin);
        expect([status, body]).toEqual([200, { oneToNVerificationId: null, oneToNVerificationMatch: false }]);
        expect((await call('DELETE /api/v1/face/one-to-n/search/x', undefined, access)).status).toBe(404);
      });

      it('inserts a person who is not found once, however many calls come at once', async () => {
        const all = await Promise.all(Array.from({ length: 8 }, () => search(photos.robin, true)));
        expect(new Set(all.map(({ body }) => body['oneToNVerificationId'])).size).toBe(1);
        expect(all.filter(({ body }) => body['oneToNVerificationMatch'] === false)).toHaveLength(1);
      });

      it('deletes the picture, and the id keeps matching', async () => {
        const { oneToNVerificationId: id } = (await search(photos.robinAgain)).body;
        const target = `DELETE /api/v1/face/one-to-n/search/${String(id)}`;
        expect((await call(target, undefined, token)).status).toBe(404);
        expect((await call(target, undefined, access)).status).toBe(204);
        expect((await search(photos.robin)).body).toEqual({
          oneToNVerificationId: id,
          oneToNVerificationMatch: true,
        });
        expect((await call('DELETE /api/v1/face/one-to-n/search/unknown', undefined, access)).status).toBe(
          404,
        );
      });

      it('is the collection default of the other APIs', async () => {
        const client = createClient({ origin: server.origin, apiKey: own.apiKey });
        const inserted = await face('/one-to-n/insert', { idPhoto: photos.sasha }, access);
        expect(inserted.body).toEqual({ oneToNVerificationId: expect.stringMatching(/^face_/) });
        const image = { bytes: photos.sasha };
        const found = await client.searchFace({ collectionId: 'default', image });
        expect(found.faceId).toBe(inserted.body['oneToNVerificationId']);
        await client.deleteFace({ collectionId: 'default', faceId: found.faceId! });
        const target = `DELETE /api/v1/face/one-to-n/search/${found.faceId}`;
        expect((await call(target, undefined, access)).status).toBe(404);
      });

      it('deletes a person as a whole, besides', async () => {
        const { oneToNVerificationId: id } = (await search(photos.robin)).body;
        const target = `DELETE /api/v1/face/one-to-n/${String(id)}`;
        expect((await call(target, undefined, access)).status).toBe(204);
        expect((await call(target, undefined, access)).status).toBe(404);
        expect((await search(photos.robin)).body['oneToNVerificationMatch']).toBe(false);
      });

      it('inserts no picture without a face', async () => {
        expect((await search(photos.landscape, true)).body['oneToNVerificationMatch']).toBe(false);
        expect((await face('/one-to-n/insert', { idPhoto: photos.landscape }, access)).status).toBe(400);
      });

      it.each(['true', 1, null])('refuses insert: %j', async (insert) => {
        expect((await face('/one-to-n/search', { idPhoto: photos.robin, insert }, access)).status).toBe(400);
      });
    });

    describe('face session', () => {
      it('is opened with a photo, which pictures are compared with', async () => {
        const opened = await face('', form({ idPhoto: pictures.robin }));
        expect([opened.status, opened.body]).toEqual([201, { sessionId: expect.stringMatching(/^\d{12}$/) }]);
        const path = `/${String(opened.body['sessionId'])}/match`;
        expect((await face(path, { image: photos.robinAgain })).body).toMatchObject({ match: true });
        expect((await face(path, { image: photos.sasha })).body).toMatchObject({ match: false });
        const stranger = await tokenOf(await newAccount());
        expect((await face(path, { image: photos.robin }, stranger)).status).toBe(404);
      });

      // test/session/face-session.test.ts has the visit.
      it('waits for its visit, which no other account hears of', async () => {
        const opened = await face('', form({ idPhoto: pictures.robin }));
        const target = `GET /api/v1/face/${String(opened.body['sessionId'])}/result`;
        const waiting = await call(target);
        expect([waiting.status, waiting.body]).toEqual([200, { status: 'pending', result: null }]);
        const stranger = await tokenOf(await newAccount());
        expect((await call(target, undefined, stranger)).status).toBe(404);
      });

      it('takes a JPEG or PNG of 5 MB with a face', async () => {
        const large = Buffer.from(padded(5 * 1024 * 1024 + 1), 'base64');
        expect((await face('', form({ idPhoto: large }))).status).toBe(413);
        expect((await face('', form({ idPhoto: pictures.landscape }))).status).toBe(400);
        expect((await face('', form({}))).status).toBe(400);
        expect((await face('', {})).status).toBe(415);
      });
    });

    describe('images', () => {
      it('have 5 MB each, decoded', async () => {
        const largest = padded(5_000_000);
        const body = { sourceImage: largest, targetImage: largest };
        expect((await face('/match', body)).body).toEqual({ match: true, matchLevel: 5 });
        const larger = { ...body, targetImage: padded(5 * 1024 * 1024 + 1) };
        expect((await face('/match', { ...larger, sourceImage: photos.robin })).status).toBe(413);
      });

      it.each(['webp', 'gif', 'tiff'] as const)('are JPEG or PNG, not %s', async (format) => {
        const bytes = await sharp(pictures.robin).resize(64).toFormat(format).toBuffer();
        const idPhoto = bytes.toString('base64');
        expect((await face('/one-to-n/search', { idPhoto })).status).toBe(415);
      });

      it.each([undefined, '', 5, 'not base64!', [], null])('are base 64: %j is 400', async (idPhoto) => {
        expect((await face('/one-to-n/search', { idPhoto })).status).toBe(400);
      });

      it.each(['[]', '"x"', '{', '5'])('are in a JSON object: %s is 400', async (body) => {
        expect((await face('/one-to-n/search', body)).status).toBe(400);
      });
    });

    it('answers other accounts’ collections as if they were not there', async () => {
      expect((await realeyes.getAllCollections({})).collections).toEqual([]);
    });

    it('has a page and an OpenAPI document, which is the one committed', async () => {
      expect((await call('GET /docs/uqudo', undefined, null)).type).toMatch(/^text\/html/);
      const { body } = await call('GET /docs/uqudo/json', undefined, null);
      const path = new URL('../../../server/dialects/uqudo/openapi.json', import.meta.url);
      // To write it again: npm run openapi
      expect(body).toEqual(JSON.parse(await readFile(path, 'utf8')));
    });
  });
}
