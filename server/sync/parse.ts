import type { z } from 'zod';
import { LintelError } from '#contract';

/** @throws LintelError `usage` that names what is wrong */
export function parse<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map(({ path }) => path.join('.') || 'body');
  throw new LintelError('usage', `(${[...new Set(places)].slice(0, 5).join(', ')})`);
}
