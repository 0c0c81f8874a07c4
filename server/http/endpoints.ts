import type {
  FastifyContextConfig,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  HTTPMethods,
} from 'fastify';
import type { z } from 'zod';
import type { Scope } from '#contract';
import { callerOf } from './authentication.ts';
import { responsesIn, type RefusalStyle } from './errors/index.ts';
import { requireForm } from './form.ts';

/** How one API words its answers. */
export interface Envelope {
  readonly refusals: RefusalStyle;
  /** What stands around the data of an answer; without it, nothing does. */
  readonly around?: {
    readonly schema: (data: z.ZodType) => z.ZodType;
    readonly body: (data: unknown, request: FastifyRequest) => object;
  };
}

/** What several endpoints have in common. */
interface Common {
  readonly tag: string;
  /** The security schemes of which a request shows one; none at open endpoints. */
  readonly security: readonly string[];
  readonly config?: FastifyContextConfig;
}

/** What a request calls for, its parts as their schemas have parsed them. */
interface Call<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
  /** The account that it is for. @throws `unauthenticated` at an open endpoint */
  readonly accountId: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

interface Endpoint<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly summary: string;
  readonly description?: string;
  readonly params?: Params;
  readonly query?: Query;
  /** A body of JSON, or of what else the scope of the API parses. */
  readonly body?: Body;
  /** A body that is a form. */
  readonly form?: Body;
  /** What the body is where it is not JSON, for the OpenAPI document. */
  readonly consumes?: readonly string[];
  readonly bodyLimit?: number;
  readonly config?: FastifyContextConfig;
  /** The data of its answers by status; the lowest is answered unless `handle` sets another. */
  readonly answers: Readonly<Record<number, z.ZodType>>;
  /** What it answers is checked against its schema before it is sent. */
  readonly handle: (call: Call<Params, Query, Body>) => unknown;
}

/**
 * Adds endpoints to the scope of an API: `serve('read', 'GET /path', { … })`, with what a key must permit, or `open` to
 * everybody. Each part of a request is parsed by its schema before `handle` sees it, and no answer leaves that its
 * schema does not describe.
 */
export const endpoints =
  (scope: FastifyInstance, { refusals, around }: Envelope, { tag, security, config: common }: Common) =>
  <
    Params extends z.ZodType = z.ZodUnknown,
    Query extends z.ZodType = z.ZodUnknown,
    Body extends z.ZodType = z.ZodUnknown,
  >(
    permission: Scope | 'open',
    target: `${HTTPMethods} /${string}`,
    endpoint: Endpoint<Params, Query, Body>,
  ): void => {
    const [method = '', url = ''] = target.split(' ');
    const { params, query, form, body = form, answers, config, bodyLimit, handle } = endpoint;
    const consumes = form === undefined ? endpoint.consumes : ['multipart/form-data'];
    const [first = 200] = Object.keys(answers).map(Number);
    const described = Object.entries(answers).map(([status, data]) => {
      const schema = around === undefined || Number(status) === 204 ? data : around.schema(data);
      return [status, schema.describe('Done')];
    });
    scope.route({
      method,
      url,
      config: { ...common, ...config, ...(permission !== 'open' && { scope: permission }) },
      ...(bodyLimit !== undefined && { bodyLimit }),
      ...(form !== undefined && { preValidation: requireForm }),
      schema: {
        tags: [tag],
        ...(permission !== 'open' && { security: security.map((scheme) => ({ [scheme]: [] })) }),
        ...(consumes !== undefined && { consumes: [...consumes] }),
        summary: endpoint.summary,
        ...(endpoint.description !== undefined && { description: endpoint.description }),
        ...(params !== undefined && { params }),
        ...(query !== undefined && { querystring: query }),
        ...(body !== undefined && { body }),
        response: responsesIn(refusals, Object.fromEntries(described) as Record<number, z.ZodType>),
      },
      handler: async (request, reply) => {
        void reply.code(first);
        const data = await handle({
          // As the validator of the route has left them.
          params: request.params as z.output<Params>,
          query: request.query as z.output<Query>,
          body: request.body as z.output<Body>,
          request,
          reply,
          get accountId() {
            return callerOf(request).accountId;
          },
        });
        if (reply.statusCode === 204) return await reply.send();
        return around === undefined ? data : around.body(data, request);
      },
    });
  };
