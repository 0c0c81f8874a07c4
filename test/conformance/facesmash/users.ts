import { describe, expect, it } from 'vitest';
import { form, send } from '../../support/server.ts';
import type { Place } from '../place.ts';
import { callsOf, dataOf, refusal, type Data } from './calls.ts';

/** What the FaceSmash API promises about templates and users. */
export function describeUsers(place: () => Place): void {
  const its = callsOf(place);
  const { newKey, base64, call, post, register, verify } = its;

  describe('templates and users', () => {
    it('lose one template, and its numbers are not shown', async () => {
      const own = await newKey();
      const { templateId } = dataOf(await register('ada', 'robin', own));
      const target = `DELETE /v1/faces/templates/${String(templateId)}`;
      expect(refusal(await call(target, undefined, await newKey()))).toEqual([404, 'TEMPLATE_NOT_FOUND']);
      const answer = await call(target, undefined, own);
      expect([answer.status, dataOf(answer)]).toEqual([200, { deleted: true, templateId }]);
      expect(refusal(await call(target, undefined, own))).toEqual([404, 'TEMPLATE_NOT_FOUND']);
      expect(await verify('ada', 'robin', own)).toMatchObject({ isMatch: false });
      const users = await call('GET /v1/users', undefined, own);
      expect(JSON.stringify(users.body)).not.toContain('descriptor":');
    });

    it('lists users in pages, the newest first', async () => {
      const own = await newKey();
      for (const userId of ['a', 'b', 'c']) await register(userId, 'robin', own);
      const ids = async (query: string) =>
        (dataOf(await call(`GET /v1/users${query}`, undefined, own))['users'] as Data[]).map(({ id }) => id);
      expect(await ids('')).toEqual(['c', 'b', 'a']);
      expect(await ids('?sort=createdAt&perPage=2')).toEqual(['a', 'b']);
      expect(await ids('?sort=createdAt&perPage=2&page=2')).toEqual(['c']);
      const { users } = dataOf(await call('GET /v1/users?perPage=1', undefined, own));
      expect(users).toEqual([
        {
          id: 'c',
          email: null,
          createdAt: expect.any(String),
          lastLogin: null,
          loginCount: 0,
          templateCount: 1,
          successRate: 0,
        },
      ]);
    });

    it('deletes a user with all that is kept', async () => {
      const own = await newKey();
      await register('ada', 'robin', own);
      await verify('ada', 'robin', own);
      const answer = await call('DELETE /v1/users/ada', undefined, own);
      expect(answer.status).toBe(200);
      expect(dataOf(answer)).toEqual({
        deleted: true,
        userId: 'ada',
        deletedRecords: { profile: 1, templates: 1, scans: 0, signInLogs: 1 },
      });
      expect(dataOf(await post('identify', { image: base64('robin') }, own))['matches']).toEqual([]);
      for (const target of ['GET /v1/users/ada', 'GET /v1/users/ada/logs', 'DELETE /v1/users/ada']) {
        expect(refusal(await call(target, undefined, own))).toEqual([404, 'USER_NOT_FOUND']);
      }
      // The address and the name are free again.
      expect((await register('ada', 'kim', own)).status).toBe(201);
    });

    it('knows people enrolled with an external key through another API', async () => {
      const own = await newKey();
      const headers = { 'x-api-key': own };
      const body = form({ name: 'Robin Roe', image: place().pictures.robin });
      await send(its.server, 'POST /api/v1/enroll', { authorization: null, headers, body });
      const { matches } = dataOf(await post('identify', { image: base64('robin') }, own));
      expect(matches).toMatchObject([{ userId: 'Robin%20Roe' }]);
      expect((await call('GET /v1/users/Robin%2520Roe', undefined, own)).status).toBe(200);
    });
  });
}
