import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { DIALECTS, LintelError, Problem, REALEYES, type Endpoint, type RealeyesName } from '#contract';
import { callerOf } from '../../http/authentication.ts';
import { keyInAuthorization, type Dialect } from '../../http/dialect.ts';
import { PROBLEMS } from '../../http/errors/index.ts';
import { fingerprintOf, IdempotencyKey, type Idempotency } from '../../http/idempotency/index.ts';
import type { ImageSource } from '../../http/images/index.ts';
import type { DialectOptions } from '../options.ts';
import { collections } from './collections.ts';
import { externalKeys } from './external-keys.ts';
import { faces } from './faces.ts';
import type { Context, Handlers } from './handlers.ts';

export interface RealeyesOptions extends DialectOptions {
  readonly loadImage: ImageSource;
  readonly idempotency: Idempotency;
}

const REFUSALS = {
  400: 'Bad Request - invalid parameters',
  401: 'Unauthorized - missing or invalid authentication',
  403: 'Forbidden - insufficient permissions',
  404: 'Not Found - resource not found',
  409: 'Conflict - the collection already exists',
} as const;

const handlers: Handlers<RealeyesName> = { ...collections, ...faces, ...externalKeys };

/** The Realeyes API under `/v1`, each endpoint of its table. */
export const realeyes = (options: RealeyesOptions): Dialect => ({
  description: DIALECTS.realeyes,
  ...keyInAuthorization(options.accounts),
  refusals: PROBLEMS,
  routes: (scope) => {
    for (const name of Object.keys(REALEYES) as RealeyesName[]) serve(scope, name, options);
    serveHealth(scope);
  },
});

function serveHealth(scope: FastifyInstance): void {
  scope.get(
    '/v1/healthz',
    {
      schema: {
        tags: ['health'],
        summary: 'The server UTC time in ISO 8601 format',
        response: {
          200: { description: 'API is healthy', content: { 'text/plain': { schema: z.string() } } },
        },
      },
    },
    (_request, reply) =>
      reply.type('text/plain; charset=utf-8').send(`${new Date().toISOString().slice(0, 19)}Z`),
  );
}

function serve(
  app: FastifyInstance,
  name: RealeyesName,
  { galleries, recognizers, loadImage, idempotency }: RealeyesOptions,
): void {
  const endpoint: Endpoint = REALEYES[name];
  const { method, path, scope, input, output, summary } = endpoint;
  const isInBody = method === 'POST' || method === 'PUT';
  const [, , tag = ''] = path.split('/');
  // Each takes what its own endpoint's schema has parsed.
  const work = handlers[name] as (input: unknown, context: Context) => Promise<unknown>;

  const answer = async (request: FastifyRequest, faceId: string | null): Promise<unknown> => {
    const { accountId } = callerOf(request);
    const context: Context = {
      gallery: await galleries.of(accountId),
      recognizer: await recognizers.of(accountId),
      load: (image) => loadImage(image, accountId),
      faceId,
    };
    return await work(isInBody ? request.body : request.query, context);
  };

  app.route({
    method,
    url: path,
    config: { scope },
    schema: {
      tags: [tag],
      summary,
      description: `Takes a key with the scope ${scope}.`,
      security: [{ apiKey: [] }, { bearer: [] }],
      ...(isInBody ? { body: input } : { querystring: input }),
      ...(isInBody && { headers: z.object({ 'idempotency-key': IdempotencyKey.optional() }) }),
      response: {
        200: output.describe('OK'),
        ...Object.fromEntries(
          ([...endpoint.refusals, 401, 403] as const).map((status) => [
            status,
            {
              description: REFUSALS[status],
              content: { 'application/problem+json': { schema: Problem } },
            },
          ]),
        ),
      },
    },
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const key = isInBody ? request.headers['idempotency-key'] : undefined;
      // What changes nothing may be done again; its answer is not kept.
      if (key === undefined || scope === 'read') return await answer(request, null);
      if (typeof key !== 'string') throw new LintelError('idempotency-key-invalid');
      const { accountId: account } = callerOf(request);
      const fingerprint = fingerprintOf(name, request.body);
      const faceId = `face_${createHash('sha256').update(`${account}\0${key}\0`).update(fingerprint).digest('hex').slice(0, 32)}`;
      const { body, isReplayed } = await idempotency.run({ account, key, fingerprint }, () =>
        answer(request, faceId),
      );
      if (isReplayed) void reply.header('idempotent-replayed', 'true');
      return body;
    },
  });
}
