import type { ChallengeStep } from '#contract';
import type { Accounts } from '#core/accounts';
import type { Calibration } from '#core/matching';
import type { Recognizer } from '#core/recognition';
import type { Store } from '#core/store';
import type { Ledger } from '#core/usage';
import type { Galleries } from '../galleries.ts';
import type { Held } from '../nodes/index.ts';
import type { Recognizers } from '../recognizers.ts';
import type { SharedSessions } from '../shared-sessions.ts';
import type { WidgetFiles } from './faceauth/pages/widget-files.ts';

/** What people who sign in at web pages are asked for. */
export interface PageSteps {
  readonly steps: readonly ChallengeStep[];
  /** For each step. */
  readonly seconds: number;
}

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
  /** Photos that pictures or visitors at an appliance are compared with. */
  readonly sessions: SharedSessions;
  /** What lies in the memory of one of the servers. */
  readonly held: Held;
  /** Whether anybody may register an account. */
  readonly mayRegister: boolean;
  /** Null where the widget was not built. */
  readonly widget: WidgetFiles | null;
}
