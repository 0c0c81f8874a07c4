import { z } from 'zod';
import { CollectionsRefusal, QualityCode, type LintelError } from '#contract';
import type { Envelope } from '../../http/endpoints.ts';
import { allNamed, namedRefusal, type Named } from '../../http/errors/index.ts';

/** The refusals that the page names, and those whose status is another here; all others keep their own. */
const NAMED: Named = {
  // Without a face, nothing in the picture can be made out as one.
  ...allNamed([422, 'FACE_QUALITY_TOO_LOW'], ...QualityCode.options, 'no-face'),
  'not-live': [422, 'LIVENESS_CHECK_FAILED'],
  'different-person': [422, 'DIFFERENT_PERSON'],
  'image-unsupported': [415, 'IMAGE_UNSUPPORTED'],
  usage: [400, 'VALIDATION_ERROR'],
};

/** The reason of a refusal as a body says it. */
export function reasonFor({ code, message }: LintelError): { code: string; message: string } {
  const [, name] = namedRefusal(NAMED, code);
  return { code: name, message };
}

export const COLLECTIONS: Envelope = {
  refusals: {
    named: NAMED,
    challenge: 'ApiKey',
    type: 'application/json',
    schema: CollectionsRefusal,
    description: 'Refused; see code',
    body: (refusal): z.infer<typeof CollectionsRefusal> => ({ success: false, error: reasonFor(refusal) }),
  },
  around: {
    schema: (data) => z.object({ success: z.literal(true), data }),
    body: (data) => ({ success: true, data }),
  },
};
