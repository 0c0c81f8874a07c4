import { randomInt } from 'node:crypto';
import {
  DEFAULT_MATCH_LEVEL,
  LintelError,
  SESSION_ID_DIGITS,
  SESSION_MS,
  type FaceSessionResult,
  type SessionClaim,
  type SessionResult,
} from '#contract';
import { Tally } from './http/tally.ts';

/** For so long after its session has ended a client can still read what came of it. */
export const RESULT_MS = 10 * 60_000;

/** Sessions at once, each with a template of some kilobytes: of all accounts, and of one, so that none takes them all. */
const MOST_SESSIONS = { all: 10_000, account: 2_000 };

/** What is kept of a visit, and compared with its result when that is sent again. */
type Told = Pick<SessionResult, 'live' | 'matchLevel'>;

interface FaceSession {
  readonly account: string;
  readonly endsAt: number;
  readonly template: Float32Array;
  claim: Claim | null;
  told: Told | null;
}

/** What remains of a session that has ended; told null: no visitor came. */
interface Ended extends Pick<FaceSession, 'account' | 'told'> {
  readonly forgetAt: number;
}

interface Claim {
  readonly deviceId: string;
  readonly claimId: string;
}

/** What a claim of a session is given. */
export interface Claimed {
  readonly template: Float32Array;
  readonly expiresInMs: number;
  /** False: the same claim came before. */
  readonly isNew: boolean;
}

/**
 * Photos to compare with, each for ten minutes: an API client sends pictures, or an appliance of the account claims the
 * session for the visitor who gave its id. In memory only, and of a photo nothing but its template: that and the claim
 * are gone when the session ends, and everything when the server stops.
 */
export class FaceSessions {
  /** Both in the order in which they go. */
  readonly #open = new Map<string, FaceSession>();
  readonly #ended = new Map<string, Ended>();
  readonly #openOfAccount = new Tally();
  readonly #now: () => number;
  #timer: NodeJS.Timeout | null = null;

  /** @param now monotonic clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @returns its id @throws `busy` */
  open(account: string, template: Float32Array): string {
    this.#end();
    const isFull =
      this.#open.size >= MOST_SESSIONS.all || this.#openOfAccount.of(account) >= MOST_SESSIONS.account;
    if (isFull) throw new LintelError('busy');
    const sessionId = this.#newId();
    const endsAt = this.#now() + SESSION_MS;
    this.#open.set(sessionId, { account, endsAt, template: template.slice(), claim: null, told: null });
    this.#openOfAccount.add(account, 1);
    this.#wait();
    return sessionId;
  }

  /** Ends a session that nobody was told of, with nothing to be read of it. */
  drop(sessionId: string): void {
    const session = this.#open.get(sessionId);
    if (session === undefined) return;
    session.template.fill(0);
    this.#open.delete(sessionId);
    this.#openOfAccount.add(session.account, -1);
  }

  /** A copy of the template of a session: the session may end before it is compared. @throws `session-unknown` */
  templateOf(account: string, sessionId: string): Float32Array {
    return this.#openOf(account, sessionId).template.slice();
  }

  /**
   * Gives a session to one claim of one device; the same claim again, whose answer was lost, gets the same.
   * @throws `session-unknown`, `session-used`
   */
  claim(
    account: string,
    deviceId: string,
    { sessionId, claimId }: Pick<SessionClaim, 'sessionId' | 'claimId'>,
  ): Claimed {
    const session = this.#openOf(account, sessionId);
    const { claim, told, template, endsAt } = session;
    if (told !== null || (claim !== null && !isOf(claim, deviceId, claimId))) {
      throw new LintelError('session-used');
    }
    session.claim = { deviceId, claimId };
    return { template, expiresInMs: Math.ceil(endsAt - this.#now()), isNew: claim === null };
  }

  /**
   * Notes what came of the visit. The same result may come again; another one is refused.
   * @returns whether it is news
   * @throws `session-unknown`, `session-used`
   */
  settle(account: string, { deviceId, sessionId, claimId, live, matchLevel }: SessionResult): boolean {
    const session = this.#openOf(account, sessionId);
    const { claim, told } = session;
    if (claim === null || !isOf(claim, deviceId, claimId)) throw new LintelError('session-used');
    if (told === null) {
      session.told = { live, matchLevel };
      return true;
    }
    if (told.live !== live || told.matchLevel !== matchLevel) throw new LintelError('session-used');
    return false;
  }

  /** What came of a session of an account, for ten minutes after its end too. @throws `session-unknown` */
  resultOf(account: string, sessionId: string): FaceSessionResult {
    this.#end();
    const open = this.#open.get(sessionId);
    const session = open ?? this.#ended.get(sessionId);
    if (session?.account !== account) throw new LintelError('session-unknown');
    const { told } = session;
    if (told !== null) return { status: 'done', result: { ...told, match: isMatch(told) } };
    if (open === undefined) return { status: 'expired', result: null };
    return { status: open.claim === null ? 'pending' : 'in-progress', result: null };
  }

  #openOf(account: string, sessionId: string): FaceSession {
    this.#end();
    const session = this.#open.get(sessionId);
    if (session?.account !== account) throw new LintelError('session-unknown');
    return session;
  }

  #newId(): string {
    for (;;) {
      const sessionId = String(randomInt(10 ** SESSION_ID_DIGITS)).padStart(SESSION_ID_DIGITS, '0');
      if (!this.#open.has(sessionId) && !this.#ended.has(sessionId)) return sessionId;
    }
  }

  /** Ends the sessions whose time is over, and forgets the results that can no longer be read. */
  #end(): void {
    const now = this.#now();
    for (const [sessionId, { account, endsAt, template, told }] of this.#open) {
      if (endsAt > now) break;
      template.fill(0);
      this.#open.delete(sessionId);
      this.#openOfAccount.add(account, -1);
      this.#ended.set(sessionId, { account, told, forgetAt: endsAt + RESULT_MS });
    }
    for (const [sessionId, { forgetAt }] of this.#ended) {
      if (forgetAt > now) break;
      this.#ended.delete(sessionId);
    }
  }

  /** Ends them also when no request comes any more. */
  #wait(): void {
    if (this.#timer !== null) return;
    const [open] = this.#open.values();
    const [ended] = this.#ended.values();
    const next = Math.min(open?.endsAt ?? Infinity, ended?.forgetAt ?? Infinity);
    if (next === Infinity) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#end();
        this.#wait();
      },
      Math.max(0, next - this.#now()),
    ).unref();
  }
}

const isOf = (claim: Claim, deviceId: string, claimId: string): boolean =>
  claim.deviceId === deviceId && claim.claimId === claimId;

/** As `match` of the API decides where no minimum is named. */
export const isMatch = ({ live, matchLevel }: Told): boolean => live && matchLevel >= DEFAULT_MATCH_LEVEL;
