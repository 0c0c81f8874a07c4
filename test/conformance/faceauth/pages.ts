import { Script } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { lintel, mustRun } from '../../support/appliance.ts';
import { readAuditLog } from '../../support/audit-log.ts';
import { form, send, type Answer, type Server } from '../../support/server.ts';
import type { Place } from '../place.ts';

const SHOP = 'https://shop.example';
const EVIL = 'https://evil.example';

/** What web pages can do at the FaceAuth API, and what they cannot. Who visits recognise is in test/server/page-visits.test.ts. */
export function describeFaceAuthPages(place: () => Place): void {
  describe('FaceAuth for pages', () => {
    let server: Server;
    let pictures: Place['pictures'];
    let key: string;

    const byKey = (target: string, body?: unknown, apiKey = key, headers = {}): Promise<Answer> =>
      send(server, target, { authorization: null, headers: { 'x-api-key': apiKey, ...headers }, body });
    const newKey = async (): Promise<string> => {
      const { apiKey } = await server.newCredentials(`site ${Math.random()}`);
      return apiKey;
    };
    const newToken = async (more: object = {}): Promise<{ token: string; token_id: string }> => {
      const asked = { origin: SHOP, purpose: 'login', user_id: '101', ...more };
      const { body } = await byKey('POST /api/v1/widget/tokens', asked);
      return body as { token: string; token_id: string };
    };
    const begin = (token: string, origin: string | null = SHOP, body: object = {}): Promise<Answer> =>
      send(server, 'POST /api/v1/widget/visits', {
        authorization: `Bearer ${token}`,
        headers: origin === null ? {} : { origin },
        body,
      });
    const refusal = ({ status, body }: Answer): unknown[] => [status, body['code']];
    const readableBy = ({ headers }: Answer): string | null => headers.get('access-control-allow-origin');

    beforeAll(async () => {
      ({ server, pictures } = place());
      key = await newKey();
      const { body } = await byKey('PUT /api/v1/widget/origins', { origins: [SHOP] });
      expect(body).toEqual({ success: true, origins: [SHOP] });
    });

    describe('a secret key', () => {
      it.each([
        ['Origin', { origin: EVIL }],
        ['an Origin that the key has', { origin: SHOP }],
        ['a page without an origin', { origin: 'null' }],
        ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }],
        ['Sec-Fetch-Site: same-site', { 'sec-fetch-site': 'same-site' }],
      ])('is refused from a browser: %s', async (_name, headers) => {
        const fields = { name: '101', image: pictures.robin };
        const asked = [
          await byKey('POST /api/v1/verify', form(fields), key, headers),
          await byKey(`GET /api/v1/usage/${key}`, undefined, key, headers),
          await send(server, 'POST /api/v1/verify', {
            authorization: null,
            headers,
            body: form({ ...fields, api_key: key }),
          }),
        ];
        for (const answer of asked) {
          expect(refusal(answer)).toEqual([403, 'KEY_IN_BROWSER']);
          expect(readableBy(answer)).toBeNull();
          expect(JSON.stringify(answer.body)).not.toContain(key);
        }
        expect(refusal(await begin(key))).toEqual([403, 'KEY_IN_BROWSER']);
      });

      it.each([{ 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }, {}])(
        'is taken from servers, and from the console of this one: %j',
        async (headers) => {
          const own = 'origin' in headers ? {} : { origin: server.origin };
          const answer = await byKey(`GET /api/v1/usage/${key}`, undefined, key, { ...own, ...headers });
          expect(answer.status).toBe(200);
        },
      );
    });

    describe('the origins of a key', () => {
      it.each([
        'https://shop.example/',
        'https://shop.example/x',
        'http://shop.example',
        'shop.example',
        'null',
        '*',
        'https://*.example',
        'javascript:1',
        'https://a.example;script-src *',
      ])('are scheme, host and port: %j is refused', async (origin) => {
        const answer = await byKey('PUT /api/v1/widget/origins', { origins: [origin] });
        expect(refusal(answer)).toEqual([400, 'VALIDATION_ERROR']);
      });

      it('are changed from the command line too, which the audit log tells', async () => {
        const { installation } = server;
        const { keyId, authorization } = await server.newKey();
        const origins = async (...words: string[]): Promise<unknown> =>
          (await lintel(installation, 'account', 'origins', ...words)).answer;
        expect(await origins('list', keyId)).toEqual({ keyId, origins: [] });
        expect(await origins('add', keyId, EVIL)).toEqual({ keyId, origins: [EVIL] });
        expect(await origins('add', keyId, SHOP)).toEqual({ keyId, origins: [EVIL, SHOP] });
        expect(await origins('remove', keyId, EVIL)).toEqual({ keyId, origins: [SHOP] });
        expect(await origins('add', keyId, 'http://x')).toMatchObject({
          error: { code: 'page-origin-invalid' },
        });
        expect(await origins('add', 'key_0', SHOP)).toMatchObject({ error: { code: 'key-not-found' } });
        const { body } = await send(server, 'GET /api/v1/widget/origins', {
          authorization: null,
          headers: { 'x-api-key': authorization.replace('ApiKey ', '') },
        });
        expect(body).toEqual({ success: true, origins: [SHOP] });
        const { entries } = await readAuditLog(installation.data, installation.keyFile);
        const told = entries.filter(
          ([, entry]) => entry['keyId'] === keyId && entry.kind === 'page-origins-set',
        );
        expect(told.map(([actor, { origins }]) => [actor, origins])).toEqual([
          ['command-line', [EVIL]],
          ['command-line', [EVIL, SHOP]],
          ['command-line', [SHOP]],
        ]);
      });
    });

    describe('a token', () => {
      it('is made for an origin that the key has', async () => {
        expect(await newToken()).toEqual({
          success: true,
          token: expect.stringMatching(/^pk_/),
          token_id: expect.stringMatching(/^tok_/),
          expires_at: expect.any(String),
        });
        expect(await newToken({ origin: EVIL })).toMatchObject({ code: 'PAGE_ORIGIN_REFUSED' });
        expect(await newToken({ purpose: 'enroll', user_id: undefined })).toMatchObject({
          code: 'VALIDATION_ERROR',
        });
        expect(await newToken({ expires_in: 901 })).toMatchObject({ code: 'VALIDATION_ERROR' });
        expect(await newToken({ uses: 11 })).toMatchObject({ code: 'VALIDATION_ERROR' });
        expect(refusal(await byKey('POST /api/v1/widget/tokens', {}, 'fa_wrong_key_1'))).toEqual([
          401,
          'INVALID_API_KEY',
        ]);
      });

      it('to enrol takes a key that may', async () => {
        const { authorization, keyId } = await server.newKey('read');
        const apiKey = authorization.replace('ApiKey ', '');
        await mustRun(server.installation, 'account', 'origins', 'add', keyId, SHOP);
        const asked = { origin: SHOP, user_id: '101' };
        const enrolment = { ...asked, purpose: 'enroll' };
        expect(refusal(await byKey('POST /api/v1/widget/tokens', enrolment, apiKey))).toEqual([
          403,
          'FORBIDDEN',
        ]);
        const login = { ...asked, purpose: 'login' };
        expect((await byKey('POST /api/v1/widget/tokens', login, apiKey)).status).toBe(201);
        const set = await byKey('PUT /api/v1/widget/origins', { origins: [EVIL] }, apiKey);
        expect(refusal(set)).toEqual([403, 'FORBIDDEN']);
      });

      it('begins a visit from its own origin alone, and only that page may read the answer', async () => {
        const { token } = await newToken();
        const begun = await begin(token);
        expect([begun.status, readableBy(begun), begun.headers.get('vary')]).toEqual([201, SHOP, 'Origin']);
        expect(begun.body).toEqual({
          success: true,
          visit: expect.stringMatching(/^visit_[0-9a-f]{32}\.acct_/),
          challenge: expect.any(Array),
          step_ms: 8000,
          frame_count: 3,
          expires_in_ms: expect.any(Number),
        });
        // Another site's page, listed with another key; one that is listed nowhere; no page at all.
        await byKey('PUT /api/v1/widget/origins', { origins: ['https://other.example'] }, await newKey());
        for (const origin of ['https://other.example', EVIL, 'null', null]) {
          const answer = await begin(token, origin);
          expect(refusal(answer)).toEqual([403, 'PAGE_ORIGIN_REFUSED']);
          expect(readableBy(answer)).toBeNull();
        }
      });

      it('is for one purpose and one person', async () => {
        const { token } = await newToken();
        expect(refusal(await begin(token, SHOP, { mode: 'enroll' }))).toEqual([400, 'VALIDATION_ERROR']);
        // What the page says of the person does not count then.
        expect((await begin(token, SHOP, { user_id: 'somebody-else' })).status).toBe(201);
        const { token: open } = await newToken({ user_id: undefined });
        expect(refusal(await begin(open))).toEqual([400, 'VALIDATION_ERROR']);
        expect((await begin(open, SHOP, { user_id: '101' })).status).toBe(201);
      });

      it('cannot be lent another origin, purpose, person or life', async () => {
        const { token } = await newToken();
        const [payload = '', signature] = token.slice(3).split('.');
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
        const changes = [
          { origin: EVIL },
          { purpose: 'enroll' },
          { user: 'x' },
          { exp: 9e9 },
          { kid: 'key_x' },
        ];
        const forged = changes.map((change) => {
          const text = Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url');
          return `pk_${text}.${signature}`;
        });
        for (const bad of [...forged, `pk_${payload}.`, `pk_${payload}`, 'pk_', `${token}.x`]) {
          expect(refusal(await begin(bad))).toEqual([401, 'PAGE_TOKEN_INVALID']);
        }
      });

      it('opens nothing else', async () => {
        const { token } = await newToken();
        for (const headers of [{ 'x-api-key': token }, { authorization: `Bearer ${token}` }]) {
          for (const target of ['GET /api/v1/widget/origins', 'POST /api/v1/widget/tokens']) {
            const sent = { authorization: null, headers, ...(target.startsWith('POST') && { body: {} }) };
            expect(refusal(await send(server, target, sent))).toEqual([401, 'INVALID_API_KEY']);
          }
        }
      });

      it('begins 20 visits a minute, and another token begins its own', async () => {
        const { token } = await newToken();
        const begun = await Promise.all(Array.from({ length: 25 }, () => begin(token)));
        expect(Map.groupBy(begun, ({ status }) => status).get(201)).toHaveLength(20);
        const refused = begun.filter(({ status }) => status === 429);
        expect(refused).toHaveLength(5);
        expect(refusal(refused[0]!)).toEqual([429, 'RATE_LIMIT']);
        expect(refusal(await begin((await newToken({ user_id: '102' })).token))[0]).toBe(201);
      });

      it('ends when it is revoked, when its origin is taken from the key, and with the key', async () => {
        const { token, token_id: id } = await newToken();
        const stranger = await byKey(`DELETE /api/v1/widget/tokens/${id}`, undefined, await newKey());
        expect(stranger.status).toBe(404);
        expect((await byKey(`DELETE /api/v1/widget/tokens/${id}`)).status).toBe(200);
        expect(refusal(await begin(token))).toEqual([401, 'PAGE_TOKEN_INVALID']);

        const { token: next } = await newToken();
        await byKey('PUT /api/v1/widget/origins', { origins: [] });
        expect(refusal(await begin(next))).toEqual([403, 'PAGE_ORIGIN_REFUSED']);
        await byKey('PUT /api/v1/widget/origins', { origins: [SHOP] });
        expect((await begin(next)).status).toBe(201);

        const { keyId, authorization } = await server.newKey();
        const apiKey = authorization.replace('ApiKey ', '');
        await mustRun(server.installation, 'account', 'origins', 'add', keyId, SHOP);
        const asked = { origin: SHOP, purpose: 'login', user_id: '101' };
        const { body } = await byKey('POST /api/v1/widget/tokens', asked, apiKey);
        await server.revokeApiKey(keyId);
        expect(refusal(await begin(String(body['token'])))).toEqual([401, 'PAGE_TOKEN_INVALID']);
      });
    });

    describe('a browser that asks first', () => {
      const ask = (origin: string, path = '/api/v1/widget/visits'): Promise<Answer> =>
        send(server, `OPTIONS ${path}`, {
          authorization: null,
          headers: { origin, 'access-control-request-method': 'POST' },
        });

      it('is permitted for pages of an origin that some key has, and nothing but to begin a visit', async () => {
        const permitted = await ask(SHOP);
        expect([permitted.status, readableBy(permitted)]).toEqual([204, SHOP]);
        for (const answer of [
          await ask(EVIL),
          await ask('null'),
          await ask(SHOP, '/api/v1/verify'),
          await ask(SHOP, '/api/v1/widget/tokens'),
          await ask(SHOP, '/api/v1/widget/visits/frames'),
        ]) {
          expect(answer.status).toBeGreaterThanOrEqual(400);
          expect(readableBy(answer)).toBeNull();
        }
      });
    });

    describe('the frames of a visit', () => {
      const submit = (visit: string, fields: Parameters<typeof form>[0], headers = {}): Promise<Answer> =>
        send(server, 'POST /api/v1/widget/visits/frames', {
          authorization: `Bearer ${visit}`,
          headers,
          body: form(fields),
        });
      const newVisit = async (): Promise<{ visit: string; challenge: string[] }> =>
        (await begin((await newToken()).token)).body as { visit: string; challenge: string[] };

      it('of a photograph prove nothing, and can be sent once', async () => {
        await byKey('POST /api/v1/enroll', form({ name: '101', image: pictures.robin }));
        const { visit, challenge } = await newVisit();
        const moments = [
          { kind: 'baseline' },
          ...challenge.map((_, step) => ({ kind: 'step', step })),
          ...Array.from({ length: 3 }, () => ({ kind: 'frontal' })),
        ];
        const fields = {
          frames: JSON.stringify(moments.map((moment, i) => ({ moment, captured_at: i * 10 }))),
          'image[]': moments.map(() => pictures.robin),
        };
        const answer = await submit(visit, fields);
        expect(answer.status).toBe(200);
        expect(answer.body).toMatchObject({ match: false, status: 'not_live', user: null, proof: null });
        expect(answer.body['reasons']).toEqual(expect.arrayContaining(['frames-not-genuine']));
        expect(refusal(await submit(visit, fields))).toEqual([404, 'VISIT_UNKNOWN']);
        expect((await byKey(`GET /api/v1/usage/${key}`)).body['recent_logs']).toMatchObject([
          { endpoint: '/verify', success: true },
          { endpoint: '/enroll', success: true },
        ]);
      });

      it('are sent by the widget’s own frame, with the visit', async () => {
        const { visit } = await newVisit();
        const fields = { frames: '[]', 'image[]': [pictures.robin] };
        expect(refusal(await submit(visit, fields, { origin: SHOP }))).toEqual([403, 'PAGE_ORIGIN_REFUSED']);
        const [id = '', account = ''] = visit.split('.');
        const other = await server.newCredentials(`visits ${Math.random()}`);
        for (const wrong of [id, `${id}.acct_0`, `${id}.${other.accountId}`, `visit_0.${account}`, key]) {
          expect(refusal(await submit(wrong, fields))).toEqual([404, 'VISIT_UNKNOWN']);
        }
      });

      it.each<[string, (one: Uint8Array) => Parameters<typeof form>[0]]>([
        ['no JSON', (one) => ({ frames: '{', 'image[]': [one] })],
        ['no moment', (one) => ({ frames: '[{"captured_at":1}]', 'image[]': [one] })],
        [
          'a time that is none',
          (one) => ({ frames: '[{"captured_at":-1,"moment":{"kind":"frontal"}}]', 'image[]': [one] }),
        ],
        [
          'more texts than images',
          (one) => ({
            frames: JSON.stringify(
              Array.from({ length: 2 }, () => ({ captured_at: 1, moment: { kind: 'frontal' } })),
            ),
            'image[]': [one],
          }),
        ],
        [
          'too few frontal ones',
          (one) => ({ frames: '[{"captured_at":1,"moment":{"kind":"frontal"}}]', 'image[]': [one] }),
        ],
        ['too many', (one) => ({ frames: '[]', 'image[]': Array.from({ length: 17 }, () => one) })],
        ['no image', () => ({ frames: '[]' })],
      ])('are refused with %s', async (_name, fields) => {
        const { visit } = await newVisit();
        expect(refusal(await submit(visit, fields(new Uint8Array(9))))).toEqual([400, 'VALIDATION_ERROR']);
      });
    });

    it('proofs are of the account that they were made for', async () => {
      const answer = await byKey('POST /api/v1/widget/proofs', { proof: 'proof_x' });
      expect(refusal(answer)).toEqual([404, 'PROOF_UNKNOWN']);
    });

    describe('the widget', () => {
      const get = (path: string): Promise<Answer> => send(server, `GET ${path}`, { authorization: null });

      it('is a classic script for pages of any origin', async () => {
        const { status, type, body, headers } = await get('/widget.js');
        expect([status, type]).toEqual([200, 'text/javascript; charset=utf-8']);
        expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
        expect(String(body['text'])).toContain('FaceAuth');
        // A module's words would be an error in a classic script.
        expect(() => new Script(String(body['text']))).not.toThrow();
      });

      it('opens a frame in pages of origins that keys have, and nowhere else', async () => {
        const { status, headers } = await get(`/widget/frame?origin=${encodeURIComponent(SHOP)}`);
        expect(status).toBe(200);
        const policy = headers.get('content-security-policy')?.split('; ');
        expect(policy).toContain(`frame-ancestors ${SHOP}`);
        expect(policy).toContain("default-src 'none'");
        for (const query of [`?origin=${EVIL}`, '?origin=*', '', `?origin=${SHOP};script-src%20*`]) {
          const answer = await get(`/widget/frame${query}`);
          expect(answer.status).toBeGreaterThanOrEqual(400);
          expect(readableBy(answer)).toBeNull();
        }
      });

      it('brings MediaPipe and its model from this server, checked and compressed', async () => {
        const model = await get('/widget/models/face_landmarker.task');
        expect([model.status, model.headers.get('content-encoding')]).toEqual([200, 'gzip']);
        expect((await get('/widget/mediapipe/wasm/vision_wasm_internal.wasm')).type).toBe('application/wasm');
        for (const path of [
          '../package.json',
          '%2e%2e/widget.js.map',
          'models/fr_feature.onnx',
          'nothing.js',
        ]) {
          expect((await get(`/widget/${path}`)).status).toBe(404);
        }
      });
    });
  });
}
