import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { connect, isIP, type LookupFunction } from 'node:net';
import * as tls from 'node:tls';
import { isPublicAddress } from './public-address.ts';

/** Where requests of this server's own may go. */
export interface Reach {
  /** All addresses of a host name. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  readonly isAllowed: (address: string) => boolean;
  readonly protocols: readonly ('http:' | 'https:')[];
  /** Null: any. */
  readonly ports: readonly number[] | null;
}

/** Where web servers listen; elsewhere there are services that mistake a request for something else. */
const WEB_PORTS: readonly number[] = [80, 443];

export const PUBLIC_REACH: Reach = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  isAllowed: isPublicAddress,
  protocols: ['http:', 'https:'],
  ports: WEB_PORTS,
};

/** Any port, and private addresses and plain http only where an operator permits them. */
export const anyPort = (isPrivateAllowed: boolean): Reach => ({
  ...PUBLIC_REACH,
  ports: null,
  protocols: isPrivateAllowed ? ['http:', 'https:'] : ['https:'],
  ...(isPrivateAllowed && { isAllowed: () => true }),
});

/**
 * The one address to connect to. A host is resolved once, all its addresses must be allowed, and the connection goes to the
 * address that was checked: no name can point elsewhere between check and use.
 * @throws Error for whatever is out of reach, or takes longer than the signal lets it
 */
export function pin(url: URL, reach: Reach, signal: AbortSignal): Promise<string> {
  return within(signal, resolved(url, reach));
}

/**
 * Sends one request to an address that {@link pin} gave.
 * @param options.onConnect called once it is connected, and before anything of the request is sent
 */
export function requestPinned(
  url: URL,
  address: string,
  options: Pick<http.RequestOptions, 'method' | 'headers' | 'signal'> & {
    readonly body?: string;
    readonly onConnect?: () => void;
  },
): Promise<http.IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const { body, onConnect = () => undefined, ...rest } = options;
  const family = isIP(address);
  const pinned: LookupFunction = (_host, { all }, answer) => {
    if (all === true) answer(null, [{ address, family }]);
    else answer(null, address, family);
  };
  const { request } = url.protocol === 'https:' ? https : http;
  // A connection of its own, so that none is reused past the check.
  request(url, { ...rest, agent: false, lookup: pinned, maxHeaderSize: 16_384 })
    .on('socket', (socket) => socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', onConnect))
    .on('response', resolve)
    .on('error', reject)
    .end(body);
  return promise;
}

/**
 * Connects to where an address may lead, by TLS where it is https, and sends nothing.
 * @throws Error why it is not reached, or that it may not be
 */
export async function connectTo(url: URL, reach: Reach, signal: AbortSignal): Promise<void> {
  const address = await pin(url, reach, signal);
  const isTls = url.protocol === 'https:';
  const name = hostOf(url);
  const to = { host: address, port: Number(url.port || (isTls ? 443 : 80)) };
  const socket = isTls ? tls.connect({ ...to, ...(isIP(name) === 0 && { servername: name }) }) : connect(to);
  try {
    await once(socket, isTls ? 'secureConnect' : 'connect', { signal });
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

/** Without the brackets of IPv6. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** Whether a name or a password stands in the address itself, where it would be shown with it. */
export const hasCredentials = ({ username, password }: URL): boolean => username !== '' || password !== '';

/** URL has already turned decimal, octal and hexadecimal hosts into dotted ones. */
async function resolved(url: URL, { resolve, isAllowed, protocols, ports }: Reach): Promise<string> {
  const { protocol, port } = url;
  if (!protocols.some((each) => each === protocol)) throw new Error('not a protocol that is spoken');
  // URL leaves out the port that the protocol stands for.
  const usual = protocol === 'http:' ? 80 : 443;
  if (ports?.includes(port === '' ? usual : Number(port)) === false) {
    throw new Error('not a port of web servers');
  }
  if (hasCredentials(url)) throw new Error('credentials in the address');
  const host = hostOf(url);
  const addresses = isIP(host) === 0 ? await resolve(host) : [host];
  const [address] = addresses;
  if (address === undefined || !addresses.every(isAllowed)) throw new Error('not a public address');
  return address;
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
