import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { QualityCode, SmashRefusal, smashEnvelope, type LintelError } from '#contract';
import { allNamed, namedRefusal, responsesOf, type Named, type Refuse } from '../../http/errors/index.ts';

/** The refusals that the page names, and those whose status or code is another here; all others keep their own. */
const NAMED: Named = {
  ...allNamed([422, 'FACE_QUALITY_TOO_LOW'], ...QualityCode.options),
  ...allNamed(
    [400, 'VALIDATION_ERROR'],
    ...(['usage', 'body-malformed', 'external-key-invalid', 'webhook-url-invalid'] as const),
    ...(['image-not-base64', 'image-unsupported', 'image-corrupt', 'image-empty'] as const),
  ),
  'no-face': [422, 'NO_FACE_DETECTED'],
  'different-person': [422, 'DIFFERENT_PERSON'],
  unauthenticated: [401, 'UNAUTHORIZED'],
  'user-template-not-found': [404, 'TEMPLATE_NOT_FOUND'],
  'rate-limited': [429, 'RATE_LIMIT_EXCEEDED'],
  'month-used-up': [429, 'MONTHLY_LIMIT_EXCEEDED'],
};

const metaOf = ({ id }: FastifyRequest) => ({
  requestId: `req_${id.replaceAll('-', '')}`,
  timestamp: new Date().toISOString(),
});

/** The answer to a request that was served. */
export const done = <T>(request: FastifyRequest, data: T) => ({
  success: true as const,
  data,
  meta: metaOf(request),
});

export const refuse: Refuse = (request, reply, refusal) => {
  const [status, code] = namedRefusal(NAMED, refusal.code);
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  if (status === 503) void reply.header('retry-after', 1);
  return reply
    .code(status)
    .type('application/json')
    .serializer(JSON.stringify)
    .send({
      success: false,
      error: { code, message: refusal.message, details: detailsOf(refusal) },
      meta: metaOf(request),
    } satisfies z.infer<typeof SmashRefusal>);
};

/** What a program can act on besides the code. */
const detailsOf = ({ code }: LintelError): Record<string, string> =>
  QualityCode.safeParse(code).success ? { reason: code } : {};

/** The answers of a route, for its schema. */
export const answers = (status: number, data: z.ZodType) =>
  responsesOf(
    { [status]: smashEnvelope(data).describe('Done') },
    { type: 'application/json', schema: SmashRefusal, description: 'Refused; see error.code' },
  );
