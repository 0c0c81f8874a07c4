import { describe, expect, it } from 'vitest';
import { form, send } from '../../support/server.ts';
import type { Place } from '../place.ts';
import { callsOf, codeOf, dataOf, type Data } from './calls.ts';

/** What the API for enrolling into collections refuses, and how. */
export function describeRefusals(place: () => Place): void {
  const its = callsOf(place);
  const { call, enrol, nameOf, newCollection } = its;

  it.each(['0.8', '1', ' ', 'all'])(
    'take no threshold of %j, which would match every stranger',
    async (threshold) => {
      const id = nameOf('threshold');
      await call('POST /api/v1/collections', { collection_id: id });
      const { face_id } = dataOf(await enrol(id, { image: its.pictures.robin, external_id: 'r' }));
      for (const path of ['identify', `faces/${String(face_id)}/verify`]) {
        const answer = await call(
          `POST /api/v1/collections/${id}/${path}`,
          form({ image: its.pictures.kim, threshold }),
        );
        expect([answer.status, codeOf(answer)]).toEqual([400, 'THRESHOLD_INVALID']);
      }
      await call(`DELETE /api/v1/collections/${id}`);
    },
  );

  describe('a caller', () => {
    it.each([
      ['no key', null],
      ['a wrong key', 'wrong-key-1234567'],
    ])('with %s gets 401 before anything else', async (_name, wrong) => {
      for (const target of [
        'POST /api/v1/collections/nowhere/faces',
        'POST /api/v1/collections/nowhere/faces/batch',
        'GET /api/v1/collections/nowhere/faces?page=x',
        'GET /api/v1/collections/nowhere/faces/f',
        'PUT /api/v1/collections/nowhere/faces/f',
        'DELETE /api/v1/collections/nowhere/faces/f',
        'POST /api/v1/collections',
        'GET /api/v1/collections',
      ]) {
        const answer = await call(target, undefined, wrong);
        expect([target, answer.status, codeOf(answer)]).toEqual([target, 401, 'UNAUTHENTICATED']);
      }
    });

    it('of another account finds nothing', async () => {
      const id = await newCollection();
      const { face_id } = dataOf(await enrol(id, { image: its.pictures.robin, external_id: 'r' }));
      const stranger = await its.server.newAccount(nameOf('Stranger'));
      const face = `/api/v1/collections/${id}/faces/${String(face_id)}`;
      const image = form({ image: its.pictures.robin, external_id: 'x', 'images[]': [its.pictures.robin] });
      for (const [target, body] of [
        [`GET ${face}`, undefined],
        [`PUT ${face}`, { metadata: {} }],
        [`DELETE ${face}`, undefined],
        [`GET /api/v1/collections/${id}/faces`, undefined],
        [`GET /api/v1/collections/${id}`, undefined],
        [`PUT /api/v1/collections/${id}`, { auto_enroll: true }],
        [`DELETE /api/v1/collections/${id}`, undefined],
        [`POST /api/v1/collections/${id}/faces`, form({ image: its.pictures.robin, external_id: 'x' })],
        [`POST /api/v1/collections/${id}/faces/batch`, image],
        [`POST /api/v1/collections/${id}/identify`, form({ image: its.pictures.robin })],
        [`POST ${face}/verify`, form({ image: its.pictures.robin })],
      ] as const) {
        const answer = await call(target, body, stranger);
        expect([target, answer.status, codeOf(answer)]).toEqual([target, 404, 'COLLECTION_NOT_FOUND']);
      }
      expect((await call(`GET ${face}`)).status).toBe(200);
    });

    it('with a key that may only read, may list and get', async () => {
      const { authorization } = await its.server.newKey('read');
      const readKey = authorization.replace('ApiKey ', '');
      const id = nameOf('read');
      await its.server.client.createCollection({ collectionId: id });
      expect((await call(`GET /api/v1/collections/${id}/faces`, undefined, readKey)).status).toBe(200);
      for (const target of [
        `POST /api/v1/collections/${id}/faces`,
        `POST /api/v1/collections/${id}/faces/batch`,
        `PUT /api/v1/collections/${id}/faces/f`,
        `DELETE /api/v1/collections/${id}/faces/f`,
        'POST /api/v1/collections',
      ]) {
        const answer = await call(target, undefined, readKey);
        expect([answer.status, codeOf(answer)]).toEqual([403, 'FORBIDDEN']);
      }
    });
  });

  describe('every refusal', () => {
    it.each([
      ['GET /api/v1/collections/a/b/c/d', 404, 'ROUTE_UNKNOWN', undefined],
      ['PATCH /api/v1/collections/a/faces', 405, 'METHOD_NOT_ALLOWED', undefined],
      ['DELETE /api/v1/collections', 405, 'METHOD_NOT_ALLOWED', undefined],
      ['POST /api/v1/collections/a/faces', 415, 'CONTENT_TYPE_UNSUPPORTED', {}],
      ['POST /api/v1/collections', 400, 'VALIDATION_ERROR', '[]'],
      ['GET /api/v1/collections/%20/faces', 400, 'VALIDATION_ERROR', undefined],
      ['GET /api/v1/collections/a/faces/%00', 400, 'VALIDATION_ERROR', undefined],
      ['POST /api/v1/collections', 400, 'VALIDATION_ERROR', { collection_id: 'a', description: '\0' }],
      ['PUT /api/v1/collections/a', 400, 'VALIDATION_ERROR', { description: '\0' }],
    ])('of %s is in the envelope', async (target, status, code, body) => {
      const answer = await call(target, body);
      expect([answer.status, codeOf(answer)]).toEqual([status, code]);
      expect((answer.body['error'] as Data)['message']).toEqual(expect.any(String));
    });

    it.each(['', 'multipart/form-data', 'multipart/form-data; boundary=x'])(
      'of a broken form (%s) is one too',
      async (type) => {
        const id = await newCollection();
        const answer = await send(its.server, `POST /api/v1/collections/${id}/faces`, {
          authorization: null,
          body: '--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc',
          headers: { 'x-api-key': its.key, 'content-type': type },
        });
        expect([400, 415]).toContain(answer.status);
        expect(codeOf(answer)).toEqual(expect.any(String));
        expect((await call(`GET /api/v1/collections/${id}`)).status).toBe(200);
      },
    );
  });
}
