import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { QualityCode, SmashRefusal, smashEnvelope, type LintelError } from '#contract';
import type { Envelope } from '../../http/endpoints.ts';
import { allNamed, type Named } from '../../http/errors/index.ts';

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

/** What a program can act on besides the code. */
const detailsOf = ({ code }: LintelError): Record<string, string> =>
  QualityCode.safeParse(code).success ? { reason: code } : {};

export const FACESMASH: Envelope = {
  refusals: {
    named: NAMED,
    challenge: 'Bearer',
    type: 'application/json',
    schema: SmashRefusal,
    description: 'Refused; see error.code',
    body: (refusal, { name: code }, request): z.infer<typeof SmashRefusal> => ({
      success: false,
      error: { code, message: refusal.message, details: detailsOf(refusal) },
      meta: metaOf(request),
    }),
  },
  around: {
    schema: smashEnvelope,
    body: (data, request) => ({ success: true, data, meta: metaOf(request) }),
  },
};
