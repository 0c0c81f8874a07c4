import { randomUUID } from 'node:crypto';
import { LintelError } from '#contract';

/** How long a session lasts, and what it holds with it. */
const SESSION_MS = 10 * 60_000;

/** Sessions of all accounts at once; each holds a template of some kilobytes. */
const MOST_SESSIONS = 10_000;

interface FaceSession {
  readonly account: string;
  readonly template: Float32Array;
  readonly endsAt: number;
}

/**
 * Photographs to be compared with, for ten minutes. In memory only, and of a photograph nothing but its template: with
 * the session it is gone, also when the server stops.
 */
export class FaceSessions {
  readonly #sessions = new Map<string, FaceSession>();

  /** @returns its id @throws `busy` */
  open(account: string, template: Float32Array, now = Date.now()): string {
    this.#end(now);
    if (this.#sessions.size >= MOST_SESSIONS) throw new LintelError('busy');
    const sessionId = randomUUID();
    this.#sessions.set(sessionId, { account, template, endsAt: now + SESSION_MS });
    return sessionId;
  }

  /** The template of a session of an account. @throws `session-unknown` */
  get(account: string, sessionId: string, now = Date.now()): Float32Array {
    this.#end(now);
    const session = this.#sessions.get(sessionId);
    if (session?.account !== account) throw new LintelError('session-unknown');
    return session.template;
  }

  /** Those whose time is over, which are the oldest. */
  #end(now: number): void {
    for (const [sessionId, { endsAt }] of this.#sessions) {
      if (endsAt > now) return;
      this.#sessions.delete(sessionId);
    }
  }
}
