import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeptSession } from './kept-session.ts';

const TOKEN_LIFETIME_MS = 10 * 60_000;

/** Decides who may see the screen: only a browser that came with the one-time token of this launch. */
export interface Access {
  /** A new one-time token; the one before it is void. */
  issueToken(): string;
  /** Spends a token. @returns the secret of the new session, which ends the one before it, or null */
  redeem(token: string): string | null;
  /** Whether this is the secret of the current session. */
  admits(secret: string | undefined): boolean;
  /** Whether the current session is one of the launch before, which did not end in order. */
  readonly isResumed: boolean;
  /** Ends the current session. */
  end(): void;
}

/**
 * @param kept where the digest of the session outlives a crash
 * @param now monotonic clock in milliseconds
 */
export function createAccess(
  kept: KeptSession | null = null,
  now: () => number = () => performance.now(),
): Access {
  let token: { readonly digest: Buffer; readonly until: number } | null = null;
  let session = kept?.read() ?? null;
  let isResumed = session !== null;
  return {
    get isResumed() {
      return isResumed;
    },
    issueToken() {
      const secret = newSecret();
      token = { digest: digestOf(secret), until: now() + TOKEN_LIFETIME_MS };
      return secret;
    },
    redeem(offered) {
      if (token === null || now() > token.until || !timingSafeEqual(token.digest, digestOf(offered)))
        return null;
      token = null;
      const secret = newSecret();
      session = digestOf(secret);
      isResumed = false;
      kept?.write(session);
      return secret;
    },
    end() {
      session = null;
      isResumed = false;
      kept?.forget();
    },
    admits: (secret) =>
      session !== null && secret !== undefined && timingSafeEqual(session, digestOf(secret)),
  };
}

const newSecret = (): string => randomBytes(32).toString('base64url');

/** Digests are equally long, whatever was offered, and only they are kept. */
const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
