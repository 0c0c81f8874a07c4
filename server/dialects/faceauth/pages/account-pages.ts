import { DEFAULT_LEVEL, LintelError } from '#contract';
import type { PageGrant } from '#core/accounts';
import { createFrameMemory, Tickets, type FrameMemory } from '#core/liveness';
import type { Store } from '#core/store';
import type { NodeCalls } from '../../../nodes/index.ts';
import type { PageSteps } from '../../options.ts';
import { Attempts } from './attempts.ts';
import { Proofs } from './proofs.ts';

/** Visits of one account that are open at once. */
const MOST_VISITS = 500;

/** The state of one account's pages. No other account can read it or push entries out of it. */
interface Pages {
  readonly tickets: Tickets<{ readonly grant: PageGrant; readonly user: string }>;
  readonly attempts: Attempts;
  readonly memory: FrameMemory;
  readonly proofs: Proofs;
}

export interface AccountPagesOptions {
  readonly store: Store;
  readonly pageSteps: PageSteps;
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number;
}

type PageCalls = Pick<NodeCalls, Extract<keyof NodeCalls, `pages.${string}`>>;

/**
 * What a server does in the state of the pages of accounts that lies in its memory: who tries how often, which visits are open,
 * what earlier ones showed and what was proved. Of one account it lies at one server: failures are counted together, and no frame
 * comes back at another.
 */
export function pageCalls({ store, pageSteps, now }: AccountPagesOptions): PageCalls {
  const accounts = new Map<string, Pages>();
  const of = (account: string): Pages => {
    const pages = accounts.get(account) ?? {
      tickets: new Tickets(MOST_VISITS, now),
      attempts: new Attempts(now),
      memory: createFrameMemory(store),
      proofs: new Proofs(now),
    };
    accounts.set(account, pages);
    return pages;
  };

  return {
    'pages.begin': ({ account, grant, user, avoid }) => {
      const { tickets, attempts } = of(account);
      const challenge = attempts.challenge(user, pageSteps.steps, avoid);
      const stepMs = pageSteps.seconds * 1000;
      return tickets.issue({ level: DEFAULT_LEVEL, challenge, stepMs }, { grant, user });
    },
    'pages.grant': ({ account, visitId }) => {
      const context = accounts.get(account)?.tickets.contextOf(visitId);
      if (context === undefined) throw new LintelError('visit-unknown');
      return context.grant;
    },
    'pages.take': ({ account, visitId }) => {
      const { tickets, attempts } = of(account);
      const { context, ...taken } = tickets.take(visitId);
      attempts.admit(context.user);
      return { ...taken, challenge: [...taken.challenge], ...context };
    },
    'pages.enter': ({ account, traces }) => of(account).memory.enter(traces),
    'pages.claim': ({ account, traces }) => of(account).memory.claim(traces),
    'pages.note': ({ account, user, outcome }) => {
      of(account).attempts.note(user, outcome);
      return null;
    },
    'pages.prove': ({ account, proof }) => of(account).proofs.add(proof),
    'pages.redeem': ({ account, secret }) => of(account).proofs.redeem(secret),
  };
}
