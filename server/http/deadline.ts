import { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** How long a connection may take to send what comes before a body. */
export interface HeadersDeadline {
  /** A request's headers, and before them the greeting of TLS. */
  readonly ms: number;
  /** How often Node looks for connections that are late. */
  readonly lookEveryMs: number;
}

/** For 16 KB at most, of a machine that is there. */
export const HEADERS_DEADLINE: HeadersDeadline = { ms: 10_000, lookEveryMs: 5000 };

/** A sender of a large image over a slow line has a minute, one that trickles no more than that. */
const ANYBODY_MS = 60_000;

/** For a client with a key: at 9.6 kbit/s some 350 kB. */
export const KNOWN_MS = 5 * 60_000;

/** For another server: the answer waits until a part of a collection was loaded, behind others. */
const NODE_MS = 60 * 60_000;

const waits = new WeakMap<IncomingMessage, NodeJS.Timeout>();

/**
 * Refuses requests that arrive too slowly. Node's own `requestTimeout` knows nothing of who sends: it has to be
 * {@link KNOWN_MS}.
 */
export function installDeadline(app: FastifyInstance, ms = ANYBODY_MS): void {
  app.addHook('onRequest', async (request) => setDeadline(request, ms));
}

/** Milliseconds from now in which a request has to be here as a whole. */
export function setDeadline({ raw, server: { server } }: FastifyRequest, ms: number): void {
  // One that is injected is here as a whole, and comes by no connection.
  if (!(raw instanceof IncomingMessage)) return;
  const earlier = waits.get(raw);
  const arrived = (): void => clearTimeout(waits.get(raw));
  if (earlier === undefined) raw.once('end', arrived).once('close', arrived);
  else clearTimeout(earlier);
  const refuse = (): void => {
    if (raw.complete) return;
    // As Node itself does it.
    const late = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    server.emit('clientError', late, raw.socket);
  };
  waits.set(raw, setTimeout(refuse, ms).unref());
}

/** Ends connections whose client does not read the answer in time: the answer would stay in memory until then. */
export function installAnswerDeadline(
  app: FastifyInstance,
  msFor: (request: FastifyRequest) => number = ({ caller, device, isOfNode }) => {
    if (isOfNode) return NODE_MS;
    return (caller ?? device ?? null) === null ? ANYBODY_MS : KNOWN_MS;
  },
): void {
  app.addHook('onSend', async (request: FastifyRequest, { raw }: FastifyReply) => {
    const late = setTimeout(() => raw.socket?.destroy(), msFor(request)).unref();
    raw.once('close', () => clearTimeout(late));
  });
}
