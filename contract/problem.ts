import { z } from 'zod';

/** How every API of the server refuses (RFC 9457, `application/problem+json`). */
export const Problem = z
  .object({
    type: z.string().describe('Names the kind of problem: urn:lintel:problem: and the code'),
    title: z.string().describe('The kind of problem in words'),
    status: z.int().describe('The HTTP status'),
    code: z.string().describe('Stable word for programs'),
    detail: z.string().describe('What happened, for people'),
    requestId: z.string().describe('Finds the request in the log of the server'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
