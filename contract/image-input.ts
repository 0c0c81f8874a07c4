import { z } from 'zod';

/** An encoded image in a JSON body. Exactly one of the two is given. */
export const ImageInput = z
  .object({
    url: z.string().max(8192).nullish().describe('URL of a jpeg or png image'),
    bytes: z.string().nullish().describe('Base 64 string encoded binary jpeg or png image'),
  })
  .refine(
    ({ url, bytes }) => (url ?? null) === null || (bytes ?? null) === null,
    'Give url or bytes, not both.',
  )
  .refine(
    ({ url, bytes }) => (url ?? null) !== null || (bytes ?? null) !== null,
    'Give the url or the bytes of an image.',
  );
export type ImageInput = z.infer<typeof ImageInput>;
