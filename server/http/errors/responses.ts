import type { z } from 'zod';

interface RefusalShape {
  readonly type: 'application/json' | 'application/problem+json';
  readonly schema: z.ZodType;
  readonly description?: string;
}

/** The responses of a route for its schema: those to served requests by status, and one shape for every refusal. */
export function responsesOf<R extends Readonly<Record<number, z.ZodType>>>(
  served: R,
  { type, schema, description = 'Refused; see code' }: RefusalShape,
) {
  const refused = { description, content: { [type]: { schema } } };
  return { ...served, '4xx': refused, '5xx': refused };
}
