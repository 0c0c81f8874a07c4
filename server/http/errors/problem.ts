import { ERRORS, Problem, type LintelError } from '#contract';
import { refuseIn, type RefusalStyle } from './refuse.ts';

/** A refusal as the body that answers it. */
export function toProblem(error: LintelError, requestId: string): Problem {
  const { http: status, message: title } = ERRORS[error.code];
  return {
    type: `urn:lintel:problem:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    requestId,
  };
}

/** Problems (RFC 9457), with which all answer whose page names no other shape. */
export const PROBLEMS: RefusalStyle = {
  named: {},
  challenge: 'ApiKey, Bearer',
  type: 'application/problem+json',
  schema: Problem,
  description: 'Refused; see code',
  body: (refusal, { status }, { id }) => ({ ...toProblem(refusal, id), status }),
};

export const sendProblem = refuseIn(PROBLEMS);
