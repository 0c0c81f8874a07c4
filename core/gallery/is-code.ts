import { LintelError, type ErrorCode } from '#contract';

export const isCode = (error: unknown, code: ErrorCode): boolean =>
  error instanceof LintelError && error.code === code;
