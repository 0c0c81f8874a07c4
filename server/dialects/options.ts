import type { Accounts } from '#core/accounts';
import type { Recognizer } from '#core/recognition';
import type { Galleries } from '../galleries.ts';

/** What every documented API works with. */
export interface DialectOptions {
  readonly accounts: Accounts;
  readonly galleries: Galleries;
  readonly recognizer: Recognizer;
}
