import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { createClient, type Client } from '#client';
import { form, send, type Answer, type Server } from '../../support/server.ts';
import type { Place } from '../place.ts';

type Fields = Parameters<typeof form>[0];
type Data = Record<string, unknown>;

/** What the page of the FaceAuth API promises, promise by promise. */
export function describeFaceAuth(place: () => Place): void {
  describe('FaceAuth', () => {
    let server: Server;
    let pictures: Place['pictures'];
    let key: string;
    let count = 0;

    const call = (target: string, body?: unknown, apiKey: string | null = key): Promise<Answer> =>
      send(server, target, {
        authorization: null,
        headers: apiKey === null ? {} : { 'x-api-key': apiKey },
        ...(body !== undefined && { body }),
      });
    const post = (path: string, fields: Fields, apiKey?: string | null): Promise<Answer> =>
      call(`POST /api/v1/${path}`, form(fields), apiKey);
    const register = (email = `dev${count++}@company.com`): Promise<Answer> =>
      call('POST /api/v1/register', { email, name: 'John Doe', plan: 'enterprise' }, null);
    const newKey = async (): Promise<string> => String((await register()).body['api_key']);
    const refusal = ({ status, body }: Answer): unknown[] => {
      expect(body).toEqual({ success: false, code: expect.any(String), error: expect.any(String) });
      return [status, body['code']];
    };
    const usageOf = async (apiKey: string): Promise<Data> =>
      (await call(`GET /api/v1/usage/${apiKey}`, undefined, apiKey)).body;
    const realeyes = (apiKey: string): Client => createClient({ origin: server.origin, apiKey });

    beforeAll(async () => {
      ({ server, pictures } = place());
      key = await newKey();
    });

    describe('register', () => {
      it('is public and gives a key of the plan free', async () => {
        const { status, body } = await register('Dev@Company.com');
        expect(status).toBe(201);
        expect(body).toEqual({
          success: true,
          api_key: expect.stringMatching(/^fa_/),
          user: { id: expect.any(Number), email: 'dev@company.com', name: 'John Doe', plan: 'free' },
        });
        const other = realeyes(String(body['api_key']));
        expect((await other.getAllCollections({})).collections).toEqual([]);
      });

      it('takes an address once, however many come at once', async () => {
        const all = await Promise.all(Array.from({ length: 8 }, () => register('once@company.com')));
        expect(all.filter(({ status }) => status === 201)).toHaveLength(1);
        for (const each of all.filter(({ status }) => status !== 201)) {
          expect(refusal(each)).toEqual([409, 'EMAIL_EXISTS']);
        }
      });

      it.each([{}, { email: 'x', name: 'n' }, { email: 'a@b.example' }, '[]', '{'])(
        'refuses %j',
        async (body) => {
          expect(refusal(await call('POST /api/v1/register', body, null))).toEqual([400, 'VALIDATION_ERROR']);
        },
      );
    });

    describe('the key', () => {
      it.each(['X-API-Key', 'Authorization', 'field'])('is taken from %s', async (way) => {
        // The field comes after the files.
        const body = form({
          image1: pictures.robin,
          image2: pictures.robin,
          ...(way === 'field' && { api_key: key }),
        });
        const headers: Record<string, string> =
          way === 'X-API-Key'
            ? { 'x-api-key': key }
            : way === 'field'
              ? {}
              : { authorization: `Bearer ${key}` };
        const { status } = await send(server, 'POST /api/v1/match', { authorization: null, headers, body });
        expect(status).toBe(200);
      });

      it('of any account of the server works', async () => {
        expect((await call('POST /api/v1/verify', form({ name: 'x' }), server.apiKey)).body['code']).toBe(
          'MISSING_IMAGE',
        );
      });

      it('is missing or wrong', async () => {
        const fields = { name: 'x', image: pictures.robin };
        for (const path of ['enroll', 'verify', 'match']) {
          expect(refusal(await post(path, fields, null))).toEqual([401, 'MISSING_API_KEY']);
          expect(refusal(await post(path, fields, 'fa_wrong_key_123'))).toEqual([401, 'INVALID_API_KEY']);
          const inBody = { ...fields, api_key: 'fa_wrong_key_123' };
          expect(refusal(await post(path, inBody, null))).toEqual([401, 'INVALID_API_KEY']);
        }
      });
    });

    describe('enroll and verify', () => {
      it('take three pictures of a person, and tell whether one shows that person', async () => {
        const own = await newKey();
        const enrolled = await post(
          'enroll',
          { name: '101', image: pictures.robin, image1: pictures.robinAgain, image2: pictures.robin },
          own,
        );
        expect(enrolled.status).toBe(201);
        expect(enrolled.body).toEqual({
          success: true,
          face_id: expect.any(Number),
          external_user_id: '101',
          message: 'Face enrolled successfully',
        });
        const verified = await post('verify', { name: '101', image: pictures.robinAgain }, own);
        expect(verified.body).toEqual({
          success: true,
          match: true,
          status: 'match',
          confidence: expect.any(Number),
          distance: expect.any(Number),
          identity: '101',
          message: 'Verified as 101',
          user: { id: expect.any(Number), external_user_id: '101', name: '101' },
        });
        expect(Number(verified.body['confidence'])).toBeGreaterThanOrEqual(85);
        expect(Number(verified.body['distance'])).toBeLessThanOrEqual(0.42);
        const again = await post('verify', { name: '101', image: pictures.robin }, own);
        expect((again.body['user'] as Data)['id']).toBe((verified.body['user'] as Data)['id']);

        const other = await post('verify', { name: '101', image: pictures.sasha }, own);
        expect([other.status, other.body]).toMatchObject([
          200,
          { match: false, status: 'no_match', user: null },
        ]);
        await post('enroll', { name: 'sasha', image: pictures.sasha }, own);
        const swapped = await post('verify', { name: '101', image: pictures.sasha }, own);
        expect(swapped.body).toMatchObject({ match: false, status: 'identity_mismatch', identity: null });
        const unknown = await post('verify', { name: 'nobody', image: pictures.robin }, own);
        expect(unknown.body).toMatchObject({ success: true, match: false });
        // Another account has no face.
        expect(refusal(await post('verify', { name: '101', image: pictures.robin }))).toEqual([
          404,
          'NO_ENROLLED_FACES',
        ]);
      });

      it('make one face of a name, however many come at once, which the other APIs know', async () => {
        const own = await newKey();
        const name = 'রহিম Doe';
        const all = await Promise.all(
          Array.from({ length: 8 }, () => post('enroll', { name, image: pictures.robin }, own)),
        );
        expect(new Set(all.map(({ body }) => body['face_id'])).size).toBe(1);
        for (let i = 0; i < 4; i++) await post('enroll', { name, image: pictures.robinAgain }, own);
        expect((await usageOf(own))['usage']).toMatchObject({ enrolled_faces: 1, monthly_calls: 12 });
        const image = { bytes: Buffer.from(pictures.robin).toString('base64') };
        const found = await realeyes(own).searchFace({ collectionId: 'default', image });
        expect(found.externalKey).toBe(encodeURIComponent(name));
        await realeyes(own).resetCollection({ collectionId: 'default' });
        expect((await usageOf(own))['usage']).toMatchObject({ enrolled_faces: 0 });
        expect(refusal(await post('verify', { name, image: pictures.robin }, own))).toEqual([
          404,
          'NO_ENROLLED_FACES',
        ]);
      });

      it.each<[string, string, () => Fields, number, string]>([
        ['no image', 'enroll', () => ({ name: 'x' }), 400, 'MISSING_IMAGE'],
        ['no name', 'enroll', () => ({ image: pictures.robin }), 400, 'VALIDATION_ERROR'],
        ['no face', 'enroll', () => ({ name: 'x', image: pictures.landscape }), 422, 'NO_FACE'],
        ['no picture', 'enroll', () => ({ name: 'x', image: new Uint8Array(9) }), 400, 'VALIDATION_ERROR'],
        [
          'two people',
          'enroll',
          () => ({ name: 'x', image: pictures.robin, image1: pictures.kim }),
          422,
          'DIFFERENT_PERSON',
        ],
        ['no image', 'match', () => ({ image1: pictures.robin }), 400, 'MISSING_IMAGE'],
        ['no face', 'match', () => ({ image1: pictures.robin, image2: pictures.landscape }), 422, 'NO_FACE'],
      ])('refuse %s to %s', async (_name, path, fields, status, code) => {
        expect(refusal(await post(path, fields()))).toEqual([status, code]);
      });
    });

    describe('match', () => {
      it('names the parts that it wants where a picture is sent under another name', async () => {
        const { body } = await post('match', { image1: pictures.robin, image: pictures.robin });
        expect(body['error']).toMatch(/\bimage1 and image2\b/);
      });

      it.each<[string, 'robinAgain' | 'sasha', boolean]>([
        ['the same person', 'robinAgain', true],
        ['another person', 'sasha', false],
      ])('compares with %s and stores nothing', async (_name, other, match) => {
        const { body } = await post('match', { image1: pictures.robin, image2: pictures[other] });
        expect(body).toMatchObject({ success: true, match, status: match ? 'match' : 'no_match' });
        const { confidence, similarity, distance } = body as Record<string, number>;
        expect(similarity).toBe(confidence);
        expect(distance! <= 0.42 && confidence! >= 85).toBe(match);
        expect((await usageOf(key))['usage']).toMatchObject({ enrolled_faces: 0 });
      });
    });

    describe('usage', () => {
      it('counts each successful call once, and shows no key', async () => {
        const own = await newKey();
        await post('enroll', { name: 'r', image: pictures.robin }, own);
        await post('verify', { name: 'r', image: pictures.kim }, own);
        await post('match', { image1: pictures.robin, image2: pictures.robin }, own);
        await post('match', { image1: pictures.robin, image2: pictures.landscape }, own);
        const answer = await call(`GET /api/v1/usage/${own}`, undefined, null);
        expect(answer.body).toEqual({
          success: true,
          user: { plan: 'free', api_key: `${own.slice(0, 6)}…` },
          usage: {
            monthly_calls: 3,
            monthly_limit: 1000,
            total_calls: 3,
            success_rate: 75,
            enrolled_faces: 1,
          },
          daily_usage: [{ day: new Date().toISOString().slice(0, 10), calls: 3 }],
          recent_logs: [
            ['/match', false, 'NO_FACE'],
            ['/match', true, null],
            ['/verify', true, null],
            ['/enroll', true, null],
          ].map(([endpoint, success, code]) => ({ endpoint, success, code, created_at: expect.any(String) })),
        });
        expect(JSON.stringify(answer.body)).not.toContain(own);
      });

      it('is shown for the caller’s own key only', async () => {
        const other = await newKey();
        for (const asked of [other, 'fa_unknown_key_12']) {
          expect(refusal(await call(`GET /api/v1/usage/${asked}`))).toEqual([401, 'INVALID_API_KEY']);
        }
      });
    });

    it('health is public', async () => {
      const { body } = await call('GET /api/v1/health', undefined, null);
      expect(body).toEqual({
        success: true,
        status: 'healthy',
        models_loaded: true,
        uptime: expect.any(Number),
      });
    });

    describe('limits', () => {
      it('of the plan free: exactly 100 calls a minute, however many come at once', async () => {
        const own = await newKey();
        // Refused as soon as their pictures are looked at, and counted all the same.
        const fields = { image1: new Uint8Array(9), image2: new Uint8Array(9) };
        const all = await Promise.all(Array.from({ length: 200 }, () => post('match', fields, own)));
        const limited = all.filter(({ status }) => status === 429);
        expect(limited).toHaveLength(100);
        for (const each of limited) expect(refusal(each)).toEqual([429, 'RATE_LIMIT']);
        expect((await usageOf(own))['usage']).toMatchObject({ monthly_calls: 0, total_calls: 0 });
      });
    });

    describe('every answer under /api/v1', () => {
      it.each([
        ['GET /api/v1/nothing', 404, 'ROUTE_UNKNOWN', undefined],
        ['GET /api/v1', 404, 'ROUTE_UNKNOWN', undefined],
        ['GET /api/v1/enroll', 405, 'METHOD_NOT_ALLOWED', undefined],
        ['DELETE /api/v1/usage/fa_some_key_1234', 405, 'METHOD_NOT_ALLOWED', undefined],
        ['GET /api/v1/%zz', 400, 'VALIDATION_ERROR', undefined],
        ['POST /api/v1/enroll', 415, 'CONTENT_TYPE_UNSUPPORTED', {}],
      ])('is JSON: %s', async (target, status, code, body) => {
        const answer = await call(target, body);
        expect(answer.type).toMatch(/^application\/json/);
        expect(refusal(answer)).toEqual([status, code]);
        expect(JSON.stringify(answer.body)).not.toContain('fa_');
      });

      it('is JSON for a body that is too large', async () => {
        const answer = await call('POST /api/v1/register', { email: 'x'.repeat(20_000) }, null);
        expect(refusal(answer)[0]).toBe(413);
        const image = new Uint8Array(10 * 1024 * 1024 + 1);
        expect(refusal(await post('match', { image1: image, image2: image }))[0]).toBe(413);
      });
    });

    it('has a page and an OpenAPI document, which is the one committed', async () => {
      expect((await call('GET /docs/faceauth', undefined, null)).type).toMatch(/^text\/html/);
      const { body } = await call('GET /docs/faceauth/json', undefined, null);
      const path = new URL('../../../server/dialects/faceauth/openapi.json', import.meta.url);
      // To write it again: npm run openapi
      expect(body).toEqual(JSON.parse(await readFile(path, 'utf8')));
    });
  });
}
