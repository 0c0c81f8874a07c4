import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { LintelError } from '#contract';
import { COLLECTIONS } from '../../dialects/collections/envelope.ts';
import { FACEAUTH } from '../../dialects/faceauth/envelope.ts';
import { FACESMASH } from '../../dialects/facesmash/envelope.ts';
import { UQUDO } from '../../dialects/uqudo/envelope.ts';
import { PROBLEMS, refuseIn } from './index.ts';

const STYLES = [PROBLEMS, COLLECTIONS.refusals, FACEAUTH.refusals, FACESMASH.refusals, UQUDO.refusals];

/** Status, `WWW-Authenticate` and `Retry-After` of a refusal in each style. */
const headersOf = (refusal: LintelError, headers: Record<string, string> = {}): Promise<unknown[]> =>
  Promise.all(
    STYLES.map(async (style) => {
      const app = Fastify();
      app.get('/', async (request, reply) => refuseIn(style)(request, reply.headers(headers), refusal));
      const answer = await app.inject('/');
      style.schema.parse(answer.json());
      return [answer.statusCode, answer.headers['www-authenticate'], answer.headers['retry-after']];
    }),
  );
const all = (...expected: unknown[]) => STYLES.map(() => expected);

it('every API asks for a credential in the words of HTTP', async () => {
  expect(await headersOf(new LintelError('unauthenticated'))).toEqual(
    ['ApiKey, Bearer', 'ApiKey', 'ApiKey, Bearer', 'Bearer', 'Bearer'].map((challenge) => [
      401,
      challenge,
      undefined,
    ]),
  );
});

it('every API says when to try again, as exactly as it is known', async () => {
  const limited = new LintelError('rate-limited');
  expect(await headersOf(new LintelError('busy'))).toEqual(all(503, undefined, '1'));
  expect(await headersOf(limited)).toEqual(all(429, undefined, '60'));
  const paused = new LintelError('rate-limited', '(7 s)', { retryAfter: 7 });
  expect(await headersOf(paused)).toEqual(all(429, undefined, '7'));
  expect(await headersOf(limited, { 'retry-after': '42' })).toEqual(all(429, undefined, '42'));
  expect(await headersOf(new LintelError('forbidden'))).toEqual(all(403, undefined, undefined));
});
