import type { z } from 'zod';
import { FaceAuthRefusal, QualityCode, type ErrorCode } from '#contract';
import type { Envelope } from '../../http/endpoints.ts';
import { allNamed, namedRefusal, type Named } from '../../http/errors/index.ts';

/** The refusals of the page's table, and those whose status is another here; all others keep their own. */
const NAMED: Named = {
  ...allNamed([422, 'LOW_QUALITY'], ...QualityCode.options),
  ...allNamed([400, 'VALIDATION_ERROR'], 'usage', 'body-malformed', 'form-malformed', 'external-key-invalid'),
  ...allNamed([400, 'VALIDATION_ERROR'], 'image-unsupported', 'image-corrupt', 'image-empty'),
  'key-missing': [401, 'MISSING_API_KEY'],
  unauthenticated: [401, 'INVALID_API_KEY'],
  'image-missing': [400, 'MISSING_IMAGE'],
  'no-face': [422, 'NO_FACE'],
  'different-person': [422, 'DIFFERENT_PERSON'],
  'nobody-enrolled': [404, 'NO_ENROLLED_FACES'],
  'rate-limited': [429, 'RATE_LIMIT'],
  'month-used-up': [429, 'MONTHLY_LIMIT'],
  internal: [500, 'PROCESSING_ERROR'],
};

/** The code of this API for one of the catalogue. */
export function nameOf(code: ErrorCode): string {
  const [, name] = namedRefusal(NAMED, code);
  return name;
}

export const FACEAUTH: Envelope = {
  refusals: {
    named: NAMED,
    challenge: 'ApiKey, Bearer',
    type: 'application/json',
    schema: FaceAuthRefusal,
    description: 'Refused; see code',
    body: ({ message }, { name }): z.infer<typeof FaceAuthRefusal> => ({
      success: false,
      code: name,
      error: message,
    }),
  },
};
