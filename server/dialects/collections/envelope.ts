import { z } from 'zod';
import { CollectionsRefusal, QualityCode, type LintelError } from '#contract';
import { allNamed, namedRefusal, responsesOf, type Named, type Refuse } from '../../http/errors/index.ts';

/** The refusals that the page names, and those whose status is another here; all others keep their own. */
const NAMED: Named = {
  // Without a face, nothing in the picture can be made out as one.
  ...allNamed([422, 'FACE_QUALITY_TOO_LOW'], ...QualityCode.options, 'no-face'),
  'not-live': [422, 'LIVENESS_CHECK_FAILED'],
  'different-person': [422, 'DIFFERENT_PERSON'],
  'image-unsupported': [415, 'IMAGE_UNSUPPORTED'],
  usage: [400, 'VALIDATION_ERROR'],
};

/** Status, and the reason as a body says it. */
export function reasonFor({ code, message }: LintelError): {
  status: number;
  error: { code: string; message: string };
} {
  const [status, name] = namedRefusal(NAMED, code);
  return { status, error: { code: name, message } };
}

export const refuse: Refuse = (_request, reply, refusal) => {
  const { status, error } = reasonFor(refusal);
  if (status === 429 || status === 503) void reply.header('retry-after', 1);
  return reply
    .code(status)
    .type('application/json')
    .serializer(JSON.stringify)
    .send({ success: false, error } satisfies z.infer<typeof CollectionsRefusal>);
};

/** The answers of a route by status, for its schema. */
export const answers = (data: z.ZodType, ...statuses: number[]) =>
  responsesOf(
    Object.fromEntries(
      statuses.map((status) => [status, z.object({ success: z.literal(true), data }).describe('Done')]),
    ),
    { type: 'application/json', schema: CollectionsRefusal },
  );

export const done = <T>(data: T) => ({ success: true as const, data });
