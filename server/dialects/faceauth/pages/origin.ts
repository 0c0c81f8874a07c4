import type { FastifyRequest } from 'fastify';

/**
 * Whether a browser sent a request from a page of another origin than this server's. Pages cannot set these headers; where a
 * browser does not send `Sec-Fetch-Site` (Fetch Metadata), the host of `Origin` tells.
 */
export function isFromOtherPage({ headers, host }: FastifyRequest): boolean {
  const { 'sec-fetch-site': site, origin } = headers;
  if (site !== undefined) return site === 'cross-site' || site === 'same-site';
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
