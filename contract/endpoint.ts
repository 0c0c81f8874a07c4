import type { z } from 'zod';
import type { Scope } from './scope.ts';

/**
 * An endpoint of a documented API whose GET and DELETE take their input from the query, POST and PUT from a JSON body.
 */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly scope: Scope;
  readonly summary: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  /** Refusals it may answer besides 401 and 403. */
  readonly refusals: readonly (400 | 404 | 409)[];
}
