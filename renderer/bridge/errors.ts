import type { ErrorCode } from '#contract';

/** What a call can fail with: the appliance's codes, and the two that arise on the way to it. */
export type KioskErrorCode = ErrorCode | 'connection-lost' | 'reply-malformed';

/** A call that got no value. The screen shows a translation of `code`, never `message`. */
export class KioskError extends Error {
  override readonly name = 'KioskError';
  readonly code: KioskErrorCode;

  constructor(code: KioskErrorCode, message: string = code) {
    super(message);
    this.code = code;
  }
}

/** The code of anything thrown by a call. */
export const codeOf = (error: unknown): KioskErrorCode =>
  error instanceof KioskError ? error.code : 'internal';
