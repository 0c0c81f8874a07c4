import { LintelError, type ErrorCode } from '#contract';
import { errorCode } from './files.ts';

/** Beginnings of error codes, and what they mean to the caller. The first that fits counts. */
export type Meanings = readonly (readonly [start: string, ErrorCode])[];

/** @returns the error as one of the catalogue; without a meaning as it is */
export function inCatalogue(error: unknown, meanings: Meanings, otherwise?: ErrorCode): unknown {
  if (error instanceof LintelError) return error;
  const code = errorCode(error);
  const meaning = meanings.find(([start]) => code?.startsWith(start))?.[1] ?? otherwise;
  return meaning === undefined ? error : new LintelError(meaning, undefined, { cause: error });
}
