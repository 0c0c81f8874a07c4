import { lookup } from 'node:dns/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { IMAGE_LIMITS, LintelError } from '#contract';
import { Tally } from '../tally.ts';
import { isPublicAddress } from './public-address.ts';

/** Fetches an encoded image for an account. @throws `busy`, else `image-url-failed` for whatever reason */
export type ImageFetcher = (url: string, account: string) => Promise<Uint8Array>;

export interface FetchOptions {
  /** All of it: names, connections, redirects and the body. */
  readonly timeoutMilliseconds?: number;
  /** All addresses of a host name. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  readonly isAllowed?: (address: string) => boolean;
  /** Where web servers listen; elsewhere there are services that mistake a request for something else. */
  readonly ports?: readonly number[];
}

export const WEB_PORTS: readonly number[] = [80, 443];

const MAX_REDIRECTS = 3;
/** Images that may be on their way at once, each up to 10 MB of memory. */
const MAX_FETCHES = 16;
/** Of them, how many for one account: slow servers that it names hold up no other. */
const MAX_FETCHES_PER_ACCOUNT = 4;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** What servers call a JPEG or PNG; its first bytes decide later. */
const MEDIA_TYPES = new Set([
  'image/jpeg',
  'image/jpg',
  'image/png',
  'application/octet-stream',
  'binary/octet-stream',
  '',
]);

/**
 * Fetches from public addresses only. A host is resolved once, all its addresses must be public, and the connection
 * goes to the address that was checked, at every redirect anew: no name can point elsewhere between check and use.
 */
export function createImageFetcher({
  timeoutMilliseconds = 10_000,
  resolve = resolveAll,
  isAllowed = isPublicAddress,
  ports = WEB_PORTS,
}: FetchOptions = {}): ImageFetcher {
  let fetches = 0;
  const perAccount = new Tally();
  return async (text, account) => {
    if (fetches >= MAX_FETCHES || perAccount.of(account) >= MAX_FETCHES_PER_ACCOUNT) {
      throw new LintelError('busy');
    }
    fetches++;
    perAccount.add(account, 1);
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    try {
      let url = new URL(text);
      for (let redirects = 0; ; redirects++) {
        const address = await within(signal, pin(url, { resolve, isAllowed, ports }));
        const response = await request(url, address, signal);
        const next = redirectOf(response, url);
        if (next === null) return await readImage(response);
        response.destroy();
        if (redirects === MAX_REDIRECTS) throw new Error('too many redirects');
        url = next;
      }
    } catch (error) {
      throw new LintelError('image-url-failed', undefined, { cause: error });
    } finally {
      fetches--;
      perAccount.add(account, -1);
    }
  };
}

const resolveAll = async (host: string): Promise<string[]> =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/** The one address to connect to. URL has already turned decimal, octal and hexadecimal hosts into dotted ones. */
async function pin(
  { protocol, hostname, port, username, password }: URL,
  { resolve, isAllowed, ports }: Required<Omit<FetchOptions, 'timeoutMilliseconds'>>,
): Promise<string> {
  if (protocol !== 'http:' && protocol !== 'https:') throw new Error('not http');
  // URL leaves out the port that the protocol stands for.
  const usual = protocol === 'http:' ? 80 : 443;
  if (!ports.includes(port === '' ? usual : Number(port))) throw new Error('not a port of web servers');
  if (username !== '' || password !== '') throw new Error('credentials in the address');
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = isIP(host) === 0 ? await resolve(host) : [host];
  const [address] = addresses;
  if (address === undefined || !addresses.every(isAllowed)) throw new Error('not a public address');
  return address;
}

function request(url: URL, address: string, signal: AbortSignal): Promise<http.IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const family = isIP(address);
  const pinned: LookupFunction = (_host, { all }, answer) => {
    if (all === true) answer(null, [{ address, family }]);
    else answer(null, address, family);
  };
  const { get } = url.protocol === 'https:' ? https : http;
  get(url, {
    // A connection of its own, so that none is reused past the check.
    agent: false,
    lookup: pinned,
    signal,
    maxHeaderSize: 16_384,
    headers: { accept: 'image/jpeg, image/png', 'accept-encoding': 'identity', 'user-agent': 'Lintel' },
  })
    .on('response', resolve)
    .on('error', reject);
  return promise;
}

function redirectOf({ statusCode = 0, headers }: http.IncomingMessage, from: URL): URL | null {
  if (!REDIRECTS.has(statusCode)) return null;
  if (headers.location === undefined) throw new Error('a redirect to nowhere');
  return new URL(headers.location, from);
}

async function readImage(response: http.IncomingMessage): Promise<Uint8Array> {
  const { statusCode, headers } = response;
  const [mediaType = ''] = (headers['content-type'] ?? '').toLowerCase().split(';', 1);
  const isImage =
    statusCode === 200 &&
    MEDIA_TYPES.has(mediaType.trim()) &&
    (headers['content-encoding'] ?? 'identity') === 'identity' &&
    !(Number(headers['content-length']) > IMAGE_LIMITS.bytes);
  const parts: Buffer[] = [];
  let length = 0;
  if (isImage) {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      if (length > IMAGE_LIMITS.bytes) break;
    }
  }
  response.destroy();
  if (!isImage || length > IMAGE_LIMITS.bytes) throw new Error('no image, or too large');
  return Buffer.concat(parts);
}

/** `work`, or a rejection when the time is up first. */
async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new Error('out of time'));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
