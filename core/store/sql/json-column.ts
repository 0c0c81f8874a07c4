import { z } from 'zod';

/** A column that holds JSON text, parsed by a schema. */
export const jsonColumn = <T>(schema: z.ZodType<T>) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema);
