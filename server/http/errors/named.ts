import { ERRORS, type ErrorCode } from '#contract';

/** Refusals that an API's page names, or whose status is another there. */
export type Named = Partial<Record<ErrorCode, readonly [status: number, name: string]>>;

/** Status and UPPER_CASE code of a refusal, for an API whose page asks for such codes: the catalogue's where it names none. */
export const namedRefusal = (named: Named, code: ErrorCode): readonly [status: number, name: string] =>
  named[code] ?? [ERRORS[code].http, code.toUpperCase().replaceAll('-', '_')];

/** The same status and name for several codes. */
export const allNamed = (as: readonly [status: number, name: string], ...codes: ErrorCode[]): Named =>
  Object.fromEntries(codes.map((code) => [code, as]));
