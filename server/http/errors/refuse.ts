import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { ERRORS, type ErrorCode, type LintelError } from '#contract';

/** Refusals that an API's page names, or whose status is another there. */
export type Named = Partial<Record<ErrorCode, readonly [status: number, name: string]>>;

/** The same status and name for several codes. */
export const allNamed = (as: readonly [status: number, name: string], ...codes: ErrorCode[]): Named =>
  Object.fromEntries(codes.map((code) => [code, as]));

/** Status and UPPER_CASE code of a refusal, for an API whose page asks for such codes: the catalogue's where it names none. */
export const namedRefusal = (named: Named, code: ErrorCode): readonly [status: number, name: string] =>
  named[code] ?? [ERRORS[code].http, code.toUpperCase().replaceAll('-', '_')];

/** How one API words its refusals. */
export interface RefusalStyle {
  /** Where status or name are not the catalogue's. */
  readonly named: Named;
  /** What a request without a valid credential is asked for: `WWW-Authenticate`, which every 401 has (RFC 9110). */
  readonly challenge: string;
  readonly type: 'application/json' | 'application/problem+json';
  /** Of each body, for the OpenAPI document. */
  readonly schema: z.ZodType;
  /** Where a client finds the code, for the OpenAPI document. */
  readonly description: string;
  readonly body: (refusal: LintelError, as: WordedRefusal, request: FastifyRequest) => object;
}

/** A refusal in the words of one API. */
export interface WordedRefusal {
  readonly status: number;
  readonly name: string;
}

/** Answers a request with a refusal, in the shape of the API that it was sent to. */
export type Refuse = (request: FastifyRequest, reply: FastifyReply, refusal: LintelError) => FastifyReply;

/** Seconds after which a refusal may be over where nothing says when: limits are by the minute, a wait for work is short. */
const RETRY_AFTER: Readonly<Record<number, number>> = { 429: 60, 503: 1 };

/** Refuses in the style of an API, with the headers that HTTP has for the status. */
export const refuseIn =
  ({ named, challenge, type, body }: RefusalStyle): Refuse =>
  (request, reply, refusal) => {
    const [status, name] = namedRefusal(named, refusal.code);
    if (status === 401) void reply.header('www-authenticate', challenge);
    const wait = refusal.retryAfter ?? RETRY_AFTER[status];
    // The limit of requests per key has said when its minute ends.
    if (wait !== undefined && !reply.hasHeader('retry-after')) void reply.header('retry-after', wait);
    return reply
      .code(status)
      .type(type)
      .serializer(JSON.stringify)
      .send(body(refusal, { status, name }, request));
  };

/** The responses of a route for its schema: those to served requests by status, and one shape for every refusal. */
export function responsesIn(
  { type, schema, description }: RefusalStyle,
  served: Readonly<Record<number, z.ZodType>>,
) {
  const refused = { description, content: { [type]: { schema } } };
  return { ...served, '4xx': refused, '5xx': refused };
}
