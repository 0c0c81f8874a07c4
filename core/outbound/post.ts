import { isIP } from 'node:net';
import type { Post } from '#core/webhooks';
import { anyPort, connectTo, hasCredentials, pin, requestPinned, type Reach } from './pinned.ts';

/** Names that stand for this machine or its network wherever one asks (RFC 6761, RFC 6762, RFC 8375). */
const LOCAL_NAMES = /(^|\.)(localhost|local|internal|home\.arpa)\.?$/i;

export interface PosterOptions {
  /** Whether private addresses and plain http are reached too. */
  readonly isPrivateAllowed: boolean;
  /** All of it. */
  readonly timeoutMilliseconds?: number;
  readonly reach?: Partial<Reach>;
}

export interface Poster {
  /** Whether an address may be posted to, as far as it says itself. Its name is looked up with each request. */
  accepts(url: string): boolean;
  post: Post;
  /** Connects as {@link post} does, and sends nothing. @throws Error why it is not reached */
  connect(url: string): Promise<void>;
}

/** Posts to public https addresses; redirects are not followed, and what is answered is not read. */
export function createPoster({
  isPrivateAllowed,
  timeoutMilliseconds = 10_000,
  ...options
}: PosterOptions): Poster {
  const reach: Reach = { ...anyPort(isPrivateAllowed), ...options.reach };
  return {
    accepts: (text) => {
      if (!URL.canParse(text)) return false;
      const url = new URL(text);
      const { protocol, hostname } = url;
      if (!reach.protocols.some((each) => each === protocol) || hasCredentials(url)) return false;
      const host = hostname.replace(/^\[(.*)\]$/, '$1');
      if (isIP(host) !== 0) return reach.isAllowed(host);
      return isPrivateAllowed || !LOCAL_NAMES.test(host);
    },
    connect: (url) => connectTo(new URL(url), reach, AbortSignal.timeout(timeoutMilliseconds)),
    post: async (text, { headers, body }, closing) => {
      const timeout = AbortSignal.timeout(timeoutMilliseconds);
      const signal = closing === undefined ? timeout : AbortSignal.any([timeout, closing]);
      const url = new URL(text);
      const address = await pin(url, reach, signal);
      const response = await requestPinned(url, address, {
        method: 'POST',
        signal,
        body,
        headers: { ...headers, 'content-length': Buffer.byteLength(body), 'user-agent': 'Lintel' },
      });
      response.on('error', () => undefined).destroy();
      return response.statusCode ?? 0;
    },
  };
}
