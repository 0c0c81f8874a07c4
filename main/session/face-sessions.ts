import { randomBytes } from 'node:crypto';
import {
  LintelError,
  SESSION_MS,
  toErrorBody,
  type Decision,
  type ErrorCode,
  type SessionClaim,
  type SessionResult,
} from '#contract';
import type { Log } from '../process/index.ts';
import type { AttemptGuard } from './attempt-guard.ts';

/** Sessions of one appliance at once: beyond it the oldest is forgotten. */
const MOST_SESSIONS = 16;

/** Milliseconds between two tries to tell a result. */
const RETRY_MS = 3_000;

/** To try again would change nothing. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'session-unknown',
  'session-used',
  'session-result-invalid',
  'device-revoked',
  'device-unknown',
  'sync-not-joined',
]);

const WRONG: Decision = { outcome: 'denied', reasons: ['code-wrong'], hints: [], person: null };

/** The server that face sessions come from. Errors: what the server answers, and `server-unreachable`. */
export interface SessionServer {
  /** @param dimension of the templates of the claim's model */
  claim(
    claim: SessionClaim,
    dimension: number,
  ): Promise<{ readonly template: Float32Array; readonly expiresInMs: number }>;
  settle(result: Omit<SessionResult, 'deviceId'>): Promise<void>;
}

/** The photo of a session, as its visit is compared with it. */
export interface Photo {
  readonly modelId: string;
  readonly template: Float32Array;
}

interface Claim {
  readonly claimId: string;
  /** Null while the server's answer is missing. */
  readonly photo: Photo | null;
  readonly endsAt: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * The face sessions that this appliance has claimed, at whatever screen. In memory only: each is forgotten when it ends,
 * when its visit is decided, and when the appliance stops.
 */
export interface FaceSessions {
  /**
   * Claim a session at the server, unless it is claimed already. An id that no session has counts as a wrong code.
   * @throws LintelError `kiosk-paused`, `kiosk-locked`, and what {@link SessionServer.claim} throws
   */
  open(sessionId: string): Promise<void>;
  /** @throws LintelError `session-unknown` also for one that has ended or was settled */
  photoOf(sessionId: string): Photo;
  /** Tell the server in the background what came of the visit, again and again until the session would have ended. */
  settle(sessionId: string, result: Pick<SessionResult, 'live' | 'matchLevel'>): void;
  /** Forgets all of them; what was not told is lost. */
  close(): Promise<void>;
}

export interface FaceSessionsOptions {
  readonly server: SessionServer;
  /** The model that serves, whose templates are compared. */
  readonly model: () => Promise<{ readonly modelId: string; readonly dimension: number }>;
  readonly guard: Pick<AttemptGuard, 'attempt' | 'settleCode'>;
  readonly log: Log;
  /** Monotonic clock in milliseconds. */
  readonly now?: (() => number) | undefined;
}

export function createFaceSessions({
  server,
  model,
  guard,
  log,
  now = () => performance.now(),
}: FaceSessionsOptions): FaceSessions {
  const claims = new Map<string, Claim>();
  const ending = new AbortController();
  const telling = new Set<Promise<void>>();

  const forget = (sessionId: string): void => {
    const claim = claims.get(sessionId);
    if (claim === undefined) return;
    clearTimeout(claim.timer);
    claim.photo?.template.fill(0);
    claims.delete(sessionId);
  };
  const keep = (sessionId: string, claimId: string, photo: Photo | null, endsAt: number): void => {
    forget(sessionId);
    const [oldest] = claims.keys();
    if (oldest !== undefined && claims.size >= MOST_SESSIONS) forget(oldest);
    const timer = setTimeout(() => forget(sessionId), endsAt - now()).unref();
    claims.set(sessionId, { claimId, photo, endsAt, timer });
  };
  const find = (sessionId: string): Claim | undefined => {
    const claim = claims.get(sessionId);
    if (claim !== undefined && claim.endsAt <= now()) forget(sessionId);
    return claims.get(sessionId);
  };

  const claim = async (sessionId: string): Promise<void> => {
    const known = find(sessionId);
    if (known?.photo) return;
    const claimId = known?.claimId ?? `claim_${randomBytes(16).toString('hex')}`;
    const askedAt = now();
    // Before it is asked for: an answer that is lost is asked for again, and no other claim is answered then.
    if (known === undefined) keep(sessionId, claimId, null, askedAt + SESSION_MS);
    const { modelId, dimension } = await model();
    const { template, expiresInMs } = await server.claim({ sessionId, claimId, modelId }, dimension);
    keep(sessionId, claimId, { modelId, template }, askedAt + expiresInMs);
  };

  const tell = async (result: Omit<SessionResult, 'deviceId'>, endsAt: number): Promise<void> => {
    while (!ending.signal.aborted && now() < endsAt) {
      try {
        return await server.settle(result);
      } catch (error) {
        const { code } = toErrorBody(error);
        log.warn(
          { code, err: code === 'internal' ? error : undefined },
          'the result of a session is not told',
        );
        if (FINAL.has(code)) return;
      }
      await rest(RETRY_MS, ending.signal);
    }
  };

  return {
    open: (sessionId) =>
      guard.attempt('code', async () => {
        try {
          await claim(sessionId);
        } catch (error) {
          const { code } = toErrorBody(error);
          if (FINAL.has(code)) forget(sessionId);
          if (code === 'session-unknown') await guard.settleCode(WRONG);
          throw error;
        }
      }),
    photoOf(sessionId) {
      const photo = find(sessionId)?.photo;
      if (!photo) throw new LintelError('session-unknown');
      return photo;
    },
    settle(sessionId, result) {
      const known = find(sessionId);
      if (known === undefined) return;
      const { claimId, endsAt } = known;
      forget(sessionId);
      const told = tell({ sessionId, claimId, ...result }, endsAt).finally(() => telling.delete(told));
      telling.add(told);
    },
    async close() {
      ending.abort();
      for (const sessionId of claims.keys()) forget(sessionId);
      await Promise.all(telling);
    },
  };
}

/** Ends early when the appliance stops. With a timer that tests can simulate, which those of `node:timers/promises` are not. */
async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => resolve();
  const timer = setTimeout(end, milliseconds).unref();
  signal.addEventListener('abort', end);
  await promise;
  clearTimeout(timer);
  // Hundreds of tries would leave as many listeners.
  signal.removeEventListener('abort', end);
}
