import type {
  FastifyContextConfig,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  HTTPMethods,
} from 'fastify';
import type { z } from 'zod';
import type { Scope } from '#contract';
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

/** What several endpoints have in common, for the OpenAPI document. */
interface Common {
  readonly tag: string;
  /** The security schemes of which a request shows one; only for endpoints that have a scope. */
  readonly security: readonly string[];
}

/** The parts of a request as their schemas have parsed them. */
type Parsed<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> = FastifyRequest<{
  Params: z.output<Params>;
  Querystring: z.output<Query>;
  Body: z.output<Body>;
}>;

interface Endpoint<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  /** What a key must permit; without it the endpoint is open to everybody. */
  readonly scope?: Scope;
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
  readonly handle: (request: Parsed<Params, Query, Body>, reply: FastifyReply) => unknown;
}

/**
 * Adds endpoints to the scope of an API: `serve('GET /path', { … })`. Each part of a request is parsed by its schema before
 * `handle` sees it, and no answer leaves that its schema does not describe.
 */
export const endpoints =
  (scope: FastifyInstance, { refusals, around }: Envelope, { tag, security }: Common) =>
  <
    Params extends z.ZodType = z.ZodUnknown,
    Query extends z.ZodType = z.ZodUnknown,
    Body extends z.ZodType = z.ZodUnknown,
  >(
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
    scope.route<{ Params: z.output<Params>; Querystring: z.output<Query>; Body: z.output<Body> }>({
      method,
      url,
      config: { ...config, ...(endpoint.scope !== undefined && { scope: endpoint.scope }) },
      ...(bodyLimit !== undefined && { bodyLimit }),
      ...(form !== undefined && { preValidation: requireForm }),
      schema: {
        tags: [tag],
        ...(endpoint.scope !== undefined && { security: security.map((scheme) => ({ [scheme]: [] })) }),
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
        const data = await handle(request, reply);
        if (reply.statusCode === 204) return await reply.send();
        return around === undefined ? data : around.body(data, request);
      },
    });
  };
