import { CHALLENGE_STEPS } from '#contract';
import type { SqlStore } from '#core/store';
import { pageCalls } from '../../server/dialects/faceauth/index.ts';
import { FaceSessions } from '../../server/face-sessions.ts';
import { createLog } from '../../server/log.ts';
import { Held } from '../../server/nodes/index.ts';
import { sessionCalls, SharedSessions } from '../../server/shared-sessions.ts';

/** Asked for each step, and for how long, where a test does not care. */
const PAGE_STEPS = { steps: CHALLENGE_STEPS, seconds: 8 };

/** What a server that just started holds in its memory: nothing. */
export function newHeld(
  store: Pick<SqlStore, 'servers'> & Parameters<typeof pageCalls>[0]['store'],
  pages: Partial<Parameters<typeof pageCalls>[0]> = {},
  own = new FaceSessions(),
): Held {
  const calls = { ...sessionCalls(own), ...pageCalls({ store, pageSteps: PAGE_STEPS, ...pages }) };
  return new Held(store.servers, calls, createLog('silent'));
}

export function newSessions(store: SqlStore): SharedSessions {
  const own = new FaceSessions();
  return new SharedSessions(own, newHeld(store, {}, own));
}
