import {
  FaceSessionId,
  LintelError,
  SESSION_MS,
  type FaceSessionResult,
  type SessionClaim,
  type SessionResult,
} from '#contract';
import { RESULT_MS, type Claimed, type FaceSessions } from './face-sessions.ts';
import type { Ask, Held, NodeCalls } from './nodes/index.ts';

/** Its server forgets a session by a clock of its own: never later than the others. */
const KNOWN_MS = SESSION_MS + RESULT_MS + 60_000;

type SessionCalls = Pick<NodeCalls, Extract<keyof NodeCalls, `session.${string}`>>;

/** What a server does in the sessions that lie in its memory. */
export const sessionCalls = (own: FaceSessions): SessionCalls => ({
  'session.template': ({ account, sessionId }) => own.templateOf(account, sessionId),
  'session.claim': ({ account, deviceId, ...claim }) => own.claim(account, deviceId, claim),
  'session.settle': ({ account, result }) => own.settle(account, result),
  'session.result': ({ account, sessionId }) => own.resultOf(account, sessionId),
});

/**
 * The face sessions of all servers on a database. The photo's template stays in the memory of the one that opened the session;
 * the others ask it, and the session ends with it.
 */
export class SharedSessions {
  readonly #own: FaceSessions;
  readonly #held: Held;

  constructor(own: FaceSessions, held: Held) {
    this.#own = own;
    this.#held = held;
  }

  /** @returns its id @throws `busy`, `several-servers` */
  async open(account: string, template: Float32Array): Promise<string> {
    for (;;) {
      const sessionId = this.#own.open(account, template);
      let isMine = false;
      try {
        isMine = await this.#held.hold(nameOf(sessionId), KNOWN_MS);
        if (isMine) return sessionId;
      } finally {
        if (!isMine) this.#own.drop(sessionId);
      }
    }
  }

  /** See {@link FaceSessions.templateOf}, as what follows see their namesakes. */
  async templateOf(account: string, sessionId: string): Promise<Float32Array> {
    const ask = await this.#at(sessionId);
    return await ask('session.template', { account, sessionId });
  }

  async claim(
    account: string,
    deviceId: string,
    { sessionId, claimId }: Pick<SessionClaim, 'sessionId' | 'claimId'>,
  ): Promise<Claimed> {
    const ask = await this.#at(sessionId);
    return await ask('session.claim', { account, deviceId, sessionId, claimId });
  }

  async settle(account: string, result: SessionResult): Promise<boolean> {
    const ask = await this.#at(result.sessionId);
    return await ask('session.settle', { account, result });
  }

  async resultOf(account: string, sessionId: string): Promise<FaceSessionResult> {
    const ask = await this.#at(sessionId);
    return await ask('session.result', { account, sessionId });
  }

  /** @throws `session-unknown` also for what cannot be the id of one */
  async #at(sessionId: string): Promise<Ask> {
    if (!FaceSessionId.safeParse(sessionId).success) throw new LintelError('session-unknown');
    return await this.#held.at(nameOf(sessionId), 'session-unknown');
  }
}

const nameOf = (sessionId: string): string => `session ${sessionId}`;
