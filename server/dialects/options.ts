import type { Accounts } from '#core/accounts';
import type { Calibration } from '#core/matching';
import type { Recognizer } from '#core/recognition';
import type { Store } from '#core/store';
import type { Ledger } from '#core/usage';
import type { Galleries } from '../galleries.ts';
import type { Recognizers } from '../recognizers.ts';

/** What every documented API works with. */
export interface DialectOptions {
  readonly accounts: Accounts;
  readonly galleries: Galleries;
  readonly recognizer: Recognizer;
  /** For pictures of people who are enrolled or searched for. */
  readonly recognizers: Recognizers;
  readonly calibration: Calibration;
  readonly ledger: Ledger;
  readonly store: Store;
}
