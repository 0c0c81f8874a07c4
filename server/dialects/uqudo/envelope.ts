import type { z } from 'zod';
import { ERRORS, Problem, type ErrorCode } from '#contract';
import { responsesOf, sendProblemAs, type Refuse } from '../../http/errors/index.ts';

/** The statuses of the page where they are others than the catalogue's. */
const STATUS: Partial<Record<ErrorCode, number>> = { 'image-unsupported': 415 };

/** The page names statuses only: the body is a problem, as where no page says anything. */
export const refuse: Refuse = (request, reply, refusal) => {
  const status = STATUS[refusal.code] ?? ERRORS[refusal.code].http;
  return sendProblemAs(status, request, reply, refusal);
};

/** The answers of a route, for its schema. */
export const answers = (status: number, schema: z.ZodType) =>
  responsesOf({ [status]: schema.describe('Done') }, { type: 'application/problem+json', schema: Problem });
