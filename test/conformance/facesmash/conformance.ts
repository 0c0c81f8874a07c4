import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { lintel } from '../../support/appliance.ts';
import { send } from '../../support/server.ts';
import type { Place } from '../place.ts';
import { callsOf, dataOf, refusal, type Data } from './calls.ts';
import { describeDescriptors } from './descriptors.ts';
import { describeUsers } from './users.ts';
import { describeWebhooks } from './webhooks.ts';

/** What the page of the FaceSmash API promises, promise by promise. */
export function describeFaceSmash(place: () => Place): void {
  describe('FaceSmash', () => {
    describeUsers(place);
    describeDescriptors(place);
    describeWebhooks(place);
    const its = callsOf(place);
    const { newKey, base64, call, post, register, verify } = its;

    describe('every answer', () => {
      it('stands in the envelope', async () => {
        const { status, body } = await call('GET /v1/users');
        expect(status).toBe(200);
        expect(body).toEqual({
          success: true,
          data: { users: [], totalItems: 0, page: 1, perPage: 20 },
          meta: { requestId: expect.stringMatching(/^req_[0-9a-f]{32}$/), timestamp: expect.any(String) },
        });
        const { timestamp } = body['meta'] as { timestamp: string };
        expect(new Date(timestamp).toISOString()).toBe(timestamp);
      });

      it.each<[string, number, string, unknown]>([
        ['GET /v1/users/nobody', 404, 'USER_NOT_FOUND', undefined],
        ['GET /v1/users/%00', 400, 'VALIDATION_ERROR', undefined],
        ['GET /v1/faces/templates/%00', 400, 'VALIDATION_ERROR', undefined],
        ['DELETE /v1/webhooks/%00', 400, 'VALIDATION_ERROR', undefined],
        ['GET /v1/faces/nothing', 404, 'ROUTE_UNKNOWN', undefined],
        ['GET /v1/webhooks/nothing/at/all', 404, 'ROUTE_UNKNOWN', undefined],
        ['GET /v1/faces/verify', 405, 'METHOD_NOT_ALLOWED', undefined],
        ['DELETE /v1/users', 405, 'METHOD_NOT_ALLOWED', undefined],
        ['POST /v1/faces/verify', 400, 'VALIDATION_ERROR', '{'],
        ['POST /v1/faces/verify', 415, 'CONTENT_TYPE_UNSUPPORTED', new FormData()],
        ['POST /v1/faces/detect', 413, 'BODY_TOO_LARGE', { image: 'x'.repeat(14_000_001) }],
        ['GET /v1/users?perPage=101', 400, 'VALIDATION_ERROR', undefined],
        ['GET /v1/users?sort=email', 400, 'VALIDATION_ERROR', undefined],
      ])('also a refusal: %s is %i %s', async (target, status, code, body) => {
        const answer = await call(target, body);
        expect(refusal(answer)).toEqual([status, code]);
        expect(answer.headers.get('x-ratelimit-limit')).toBe('unlimited');
      });

      it('also to an address that makes no sense, of each API beside it too', async () => {
        expect(refusal(await call('GET /v1/faces/%zz'))).toEqual([400, 'VALIDATION_ERROR']);
        expect((await call('GET /v1/face/%zz')).type).toMatch(/^application\/problem\+json/);
        expect((await call('GET /api/v1/face/%zz')).type).toMatch(/^application\/problem\+json/);
        expect((await call('GET /api/v1/%zz')).body['success']).toBe(false);
        expect((await call('GET /v1/facesandmore')).type).toMatch(/^application\/problem\+json/);
      });
    });

    describe('authentication', () => {
      it.each([null, 'Basic x', 'Bearer fs_live_your_api_key', 'ApiKey'])('refuses %j', async (value) => {
        const authorization = value === 'ApiKey' ? `ApiKey ${its.key}` : value;
        const answer = await send(its.server, 'POST /v1/faces/verify', {
          authorization,
          // The example of the page.
          body: { descriptor: [0.1, 0.2] },
        });
        expect(refusal(answer)).toEqual([401, 'UNAUTHORIZED']);
        expect(answer.headers.get('x-ratelimit-limit')).toBeNull();
      });

      it('asks for permissions', async () => {
        const reader = (await its.server.newKey('read')).authorization.replace('ApiKey ', '');
        expect((await call('GET /v1/users', undefined, reader)).status).toBe(200);
        for (const target of ['DELETE /v1/users/x', 'GET /v1/webhooks', 'DELETE /v1/faces/templates/x']) {
          const answer = await call(target, undefined, reader);
          expect([target, ...refusal(answer)]).toEqual([target, 403, 'FORBIDDEN']);
          expect(answer.headers.get('x-ratelimit-remaining')).toBe('unlimited');
        }
      });

      it('lets test keys neither delete users nor manage webhooks', async () => {
        const { answer } = await lintel(its.server.installation, 'account', 'keys', 'add', 'admin', '--test');
        const test = String(answer['apiKey']);
        expect(test).toMatch(/^fs_test_/);
        expect((await call('GET /v1/users', undefined, test)).headers.get('x-ratelimit-limit')).toBe('10');
        expect(refusal(await call('DELETE /v1/users/x', undefined, test))).toEqual([403, 'FORBIDDEN']);
        expect(refusal(await call('GET /v1/webhooks', undefined, test))).toEqual([403, 'FORBIDDEN']);
        expect((await call('DELETE /v1/users/x', undefined, its.server.apiKey)).status).toBe(404);
      });
    });

    describe('register', () => {
      it('makes a user of an e-mail address', async () => {
        const email = 'Ada@Example.com';
        const image = `data:image/jpeg;base64,${base64('robin')}`;
        const answer = await post('register', { email, name: 'Ada', image });
        expect(answer.status).toBe(201);
        expect(dataOf(answer)).toEqual({
          userId: expect.stringMatching(/^usr_/),
          email: 'ada@example.com',
          templateId: expect.any(String),
          qualityScore: expect.any(Number),
          createdAt: expect.any(String),
        });
        const { userId } = dataOf(answer);
        // The same address is the same user.
        expect(dataOf(await post('register', { email, image: base64('robinAgain') }))['userId']).toBe(userId);
        expect(refusal(await post('register', { email, userId: 'other', image: base64('kim') }))).toEqual([
          409,
          'EMAIL_EXISTS',
        ]);
        expect(await verify(String(userId), 'robin')).toMatchObject({
          user: { id: userId, email: 'ada@example.com' },
        });
      });

      it('adds templates to a known userId, of that person, at most five', async () => {
        const own = await newKey();
        const ids = [];
        for (let i = 0; i < 6; i++) {
          ids.push(dataOf(await register('ada', i % 2 ? 'robinAgain' : 'robin', own))['templateId']);
        }
        const { templates, ...more } = dataOf(await call('GET /v1/faces/templates/ada', undefined, own));
        expect(more).toEqual({ totalTemplates: 5, maxTemplates: 5 });
        expect((templates as Data[]).map(({ id }) => id)).toEqual(ids.slice(1));
        expect(refusal(await register('ada', 'kim', own))).toEqual([422, 'DIFFERENT_PERSON']);
      });

      it('makes one user, however many come at once', async () => {
        const own = await newKey();
        const body = { email: 'once@example.com', image: base64('robin') };
        const all = await Promise.all(Array.from({ length: 6 }, () => post('register', body, own)));
        expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 201));
        expect(new Set(all.map((each) => dataOf(each)['userId'])).size).toBe(1);
        expect(dataOf(await call('GET /v1/users', undefined, own))['totalItems']).toBe(1);
      });

      it.each<[string, Data, number, string]>([
        ['nobody', {}, 400, 'VALIDATION_ERROR'],
        ['neither image nor descriptor', { userId: 'x' }, 400, 'VALIDATION_ERROR'],
        ['both', { userId: 'x', image: 'eA==', descriptor: [1] }, 400, 'VALIDATION_ERROR'],
        ['a user id with a space', { userId: 'x y', image: 'eA==' }, 400, 'VALIDATION_ERROR'],
        ['no e-mail address', { email: 'x', image: 'eA==' }, 400, 'VALIDATION_ERROR'],
        ['what is no base 64', { userId: 'x', image: '!' }, 400, 'VALIDATION_ERROR'],
        ['what is no picture', { userId: 'x', image: 'eA==' }, 400, 'VALIDATION_ERROR'],
      ])('refuses %s', async (_name, body, status, code) => {
        expect(refusal(await post('register', body))).toEqual([status, code]);
      });

      it('refuses a picture without a face', async () => {
        expect(refusal(await register('x', 'landscape'))).toEqual([422, 'NO_FACE_DETECTED']);
      });
    });

    describe('verify', () => {
      it.each<['robin' | 'robinAgain' | 'sasha', boolean]>([
        ['robin', true],
        ['robinAgain', true],
        ['sasha', false],
      ])('compares %s with one user', async (name, isMatch) => {
        const own = await newKey();
        const { templateId } = dataOf(await register('ada', 'robin', own));
        const data = await verify('ada', name, own);
        expect(data).toEqual({
          isMatch,
          similarity: expect.any(Number),
          adaptedThreshold: 0.45,
          matchedTemplate: isMatch ? templateId : null,
          user: { id: 'ada', email: null },
        });
        expect((data['similarity'] as number) >= 0.45).toBe(isMatch);
      });

      it('is not made easier by bad light', async () => {
        const own = await newKey();
        await register('ada', 'robin', own);
        const body = { userId: 'ada', image: base64('sasha'), lightingScore: 0 };
        expect(dataOf(await post('verify', body, own))).toMatchObject({
          isMatch: false,
          adaptedThreshold: 0.45,
        });
      });

      it('refuses a user who is not there, and pictures without a face', async () => {
        expect(refusal(await post('verify', { userId: 'nobody', image: base64('robin') }))).toEqual([
          404,
          'USER_NOT_FOUND',
        ]);
        const own = await newKey();
        await register('ada', 'robin', own);
        expect(refusal(await post('verify', { userId: 'ada', image: base64('landscape') }, own))).toEqual([
          422,
          'NO_FACE_DETECTED',
        ]);
      });

      it('leaves one log each, with the caller', async () => {
        const own = await newKey();
        const { templateId } = dataOf(await register('ada', 'robin', own));
        await verify('ada', 'robin', own);
        await verify('ada', 'sasha', own);
        await verify('ada', 'robinAgain', own);
        const { logs, ...more } = dataOf(await call('GET /v1/users/ada/logs', undefined, own));
        expect(more).toEqual({ totalItems: 3, page: 1, perPage: 20 });
        expect(logs).toEqual(
          [true, false, true].map((success) => ({
            id: expect.stringMatching(/^log_/),
            success,
            confidence: expect.any(Number),
            ipAddress: '127.0.0.1',
            userAgent: expect.any(String),
            createdAt: expect.any(String),
          })),
        );
        const failed = dataOf(await call('GET /v1/users/ada/logs?success=false', undefined, own));
        expect(failed['totalItems']).toBe(1);
        const second = dataOf(await call('GET /v1/users/ada/logs?perPage=2&page=2', undefined, own));
        expect(second['logs']).toHaveLength(1);
        expect(dataOf(await call('GET /v1/users/ada', undefined, own))).toEqual({
          id: 'ada',
          email: null,
          createdAt: expect.any(String),
          lastLogin: (logs as Data[])[0]!['createdAt'],
          loginCount: 3,
          successfulLogins: 2,
          failedLogins: 1,
          successRate: 2 / 3,
          avgQualityScore: expect.any(Number),
          confidenceThreshold: 0.45,
          templateCount: 1,
        });
        expect(dataOf(await call('GET /v1/faces/templates/ada', undefined, own))['templates']).toEqual([
          {
            id: templateId,
            qualityScore: expect.any(Number),
            createdAt: expect.any(String),
            usageCount: 2,
            lastUsed: expect.any(String),
          },
        ]);
      });
    });

    describe('identify', () => {
      it('finds a face among all users', async () => {
        const own = await newKey();
        const empty = dataOf(await post('identify', { image: base64('robin') }, own));
        expect(empty).toMatchObject({ matches: [], totalCompared: 0 });
        const { templateId } = dataOf(await register('ada', 'robin', own));
        await register('grace', 'kim', own);
        const body = { image: base64('robinAgain'), maxResults: 5 };
        expect(dataOf(await post('identify', body, own))).toEqual({
          matches: [{ userId: 'ada', email: null, similarity: expect.any(Number), templateId }],
          totalCompared: 2,
          processingTimeMs: expect.any(Number),
        });
        expect(dataOf(await post('identify', { image: base64('sasha') }, own))['matches']).toEqual([]);
      });

      it('leaves no log', async () => {
        const own = await newKey();
        await register('ada', 'robin', own);
        await post('identify', { image: base64('robin') }, own);
        expect(dataOf(await call('GET /v1/users/ada/logs', undefined, own))['totalItems']).toBe(0);
      });
    });

    it('detect describes the quality of a face, or says that there is none', async () => {
      const data = dataOf(await post('detect', { image: base64('robin') }));
      expect(data).toEqual({
        detected: true,
        confidence: expect.any(Number),
        quality: {
          overallScore: expect.any(Number),
          lightingScore: expect.any(Number),
          sharpness: expect.any(Number),
          faceSize: expect.any(Number),
          headPose: { yaw: expect.any(Number), pitch: expect.any(Number), roll: expect.any(Number) },
          eyeAspectRatio: expect.any(Number),
        },
        boundingBox: {
          x: expect.any(Number),
          y: expect.any(Number),
          width: expect.any(Number),
          height: expect.any(Number),
        },
        descriptor: null,
      });
      expect(dataOf(await post('detect', { image: base64('landscape') }))).toEqual({
        detected: false,
        confidence: 0,
        quality: null,
        boundingBox: null,
        descriptor: null,
      });
    });

    describe('limits', () => {
      it('of the plan free: exactly ten requests a minute, however many come at once, told in headers', async () => {
        const registration = { email: 'smash@company.com', name: 'x' };
        const { body } = await call('POST /api/v1/register', registration, null);
        const own = String(body['api_key']);
        const all = await Promise.all(
          Array.from({ length: 200 }, () => call('GET /v1/users', undefined, own)),
        );
        const limited = all.filter(({ status }) => status === 429);
        expect(limited).toHaveLength(190);
        for (const each of limited) {
          expect(refusal(each)).toEqual([429, 'RATE_LIMIT_EXCEEDED']);
          expect(each.headers.get('x-ratelimit-remaining')).toBe('0');
        }
        const now = Date.now() / 1000;
        for (const { headers } of all) {
          expect(headers.get('x-ratelimit-limit')).toBe('10');
          const reset = Number(headers.get('x-ratelimit-reset'));
          expect(reset > now - 1 && reset < now + 61).toBe(true);
        }
        // Any endpoint, also one that is none; and the other APIs have meters of their own.
        expect((await call('GET /v1/faces/nothing', undefined, own)).status).toBe(429);
        expect((await call(`GET /api/v1/usage/${own}`, undefined, own)).status).toBe(200);
      });

      it('count down', async () => {
        const registration = { email: 'smash2@company.com', name: 'x' };
        const { body } = await call('POST /api/v1/register', registration, null);
        const own = String(body['api_key']);
        const left = [];
        for (const target of ['GET /v1/users', 'GET /v1/users/nobody', 'GET /v1/webhooks', 'GET /v1/faces']) {
          left.push((await call(target, undefined, own)).headers.get('x-ratelimit-remaining'));
        }
        expect(left).toEqual(['9', '8', '7', '6']);
      });

      it('are none for an account without a plan', async () => {
        const { headers } = await call('GET /v1/users');
        expect(headers.get('x-ratelimit-limit')).toBe('unlimited');
        expect(headers.get('x-ratelimit-remaining')).toBe('unlimited');
        expect(Number(headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000 - 1);
      });
    });

    it('has a page and an OpenAPI document, which is the one committed', async () => {
      expect((await call('GET /docs/facesmash', undefined, null)).type).toMatch(/^text\/html/);
      const { body } = await call('GET /docs/facesmash/json', undefined, null);
      const path = new URL('../../../server/dialects/facesmash/openapi.json', import.meta.url);
      // To write it again: npm run openapi
      expect(body).toEqual(JSON.parse(await readFile(path, 'utf8')));
    });
  });
}
