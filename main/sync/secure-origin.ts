import { isIPv4 } from 'node:net';
import { LintelError } from '#contract';

/**
 * Refuse plain http, except to this machine or where an operator has permitted it: anybody on the way reads keys and
 * templates, and can answer in place of the server.
 * @throws LintelError `server-insecure`
 */
export function requireSecure(origin: string, allowHttp: boolean): void {
  const { protocol, hostname } = new URL(origin);
  if (protocol === 'https:' || allowHttp || isLoopback(hostname)) return;
  throw new LintelError('server-insecure');
}

/** By its address, or by the one name that never leaves the machine (RFC 6761, 6.3). */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
  );
}
