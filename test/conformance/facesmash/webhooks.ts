import { describe, expect, it } from 'vitest';
import type { Place } from '../place.ts';
import { callsOf, dataOf, refusal, type Data } from './calls.ts';

/** What the FaceSmash API promises about webhooks. Their delivery is tested in test/server/webhooks.test.ts. */
export function describeWebhooks(place: () => Place): void {
  const { newKey, call } = callsOf(place);

  describe('webhooks', () => {
    it('are created, listed and deleted; the secret is shown once', async () => {
      const own = await newKey();
      const url = 'https://receiver.example:8443/hook?x=1';
      const events = ['face.verified', 'user.deleted'];
      const answer = await call('POST /v1/webhooks', { url, events }, own);
      expect(answer.status).toBe(201);
      const { secret, ...created } = dataOf(answer);
      expect(secret).toMatch(/^whsec_/);
      expect(created).toEqual({
        id: expect.stringMatching(/^wh_/),
        url,
        events,
        status: 'active',
        createdAt: expect.any(String),
      });
      const given = { url, events, secret: 'a secret of mine' };
      expect(dataOf(await call('POST /v1/webhooks', given, own))['secret']).toBe(given.secret);
      const listed = await call('GET /v1/webhooks', undefined, own);
      expect((dataOf(listed)['webhooks'] as Data[])[0]).toEqual(created);
      expect(JSON.stringify(listed.body)).not.toContain('secret');
      const target = `DELETE /v1/webhooks/${String(created['id'])}`;
      expect(refusal(await call(target, undefined, await newKey()))).toEqual([404, 'WEBHOOK_NOT_FOUND']);
      expect(dataOf(await call(target, undefined, own))).toEqual({
        deleted: true,
        webhookId: created['id'],
      });
      expect(refusal(await call(target, undefined, own))).toEqual([404, 'WEBHOOK_NOT_FOUND']);
    });

    it.each([
      'http://receiver.example/',
      'https://127.0.0.1/',
      'https://localhost/',
      'https://a.localhost./',
      'https://[::1]/',
      'https://10.0.0.1:8443/',
      'https://2130706433/',
      'https://169.254.169.254/latest/meta-data',
      'https://[::ffff:10.0.0.1]/',
      'https://user:pw@receiver.example/',
      'ftp://receiver.example/',
      'nonsense',
    ])('are at no such address: %s', async (url) => {
      const answer = await call('POST /v1/webhooks', { url, events: ['face.verified'] });
      expect(refusal(answer)).toEqual([400, 'VALIDATION_ERROR']);
    });

    it.each([{ events: [] }, { events: ['face.stolen'] }, { events: ['face.verified'], secret: 'short' }])(
      'are not made of %j',
      async (body) => {
        const answer = await call('POST /v1/webhooks', { url: 'https://receiver.example', ...body });
        expect(refusal(answer)).toEqual([400, 'VALIDATION_ERROR']);
      },
    );

    it('are twenty at most', async () => {
      const own = await newKey();
      const body = { url: 'https://receiver.example', events: ['face.verified'] };
      const all = await Promise.all(Array.from({ length: 22 }, () => call('POST /v1/webhooks', body, own)));
      expect(all.filter(({ status }) => status === 201)).toHaveLength(20);
      expect(refusal(all.find(({ status }) => status !== 201)!)).toEqual([409, 'TOO_MANY_WEBHOOKS']);
    });
  });
}
