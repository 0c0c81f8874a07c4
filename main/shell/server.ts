import type { AddressInfo } from 'node:net';
import websocket from '@fastify/websocket';
import Fastify, { LogController, type FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { listenAt } from '#core/upkeep';
import type { Appliance } from '../appliance/index.ts';
import type { Log } from '../process/index.ts';
import type { Access } from './access.ts';
import { readAsset, type ResolveAsset } from '#core/assets';
import { SECURITY_HEADERS } from './csp.ts';
import { MAX_MESSAGE_BYTES, serveKiosk } from './kiosk-socket.ts';
import type { PageWatch } from './page-watch.ts';

const LOOPBACK = '127.0.0.1';
const COOKIE = 'lintel_session';

/** A reload opens its socket before the old one is seen to close; more than a few are stale. */
const MAX_SOCKETS = 4;

const NO_ACCESS = 'This page opens with the one-time address that Lintel printed when it started.\n';

export interface KioskServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  close(): Promise<void>;
}

export interface KioskServerOptions {
  readonly appliance: Pick<Appliance, 'connect'>;
  readonly access: Access;
  readonly resolveAsset: ResolveAsset;
  /** 0 for any free one. */
  readonly port: number;
  readonly log: Log;
  /** Told of each page that comes and goes. */
  readonly pages?: Pick<PageWatch, 'opened' | 'closed'>;
  /** A browser spent an address; its port on loopback. It waits for its answer, so that its connection is still there. */
  readonly onRedeemed?: (port: number) => Promise<void>;
  /** A page is connected; its port on loopback. */
  readonly onPage?: (port: number) => void;
}

/**
 * Serves the screen and its WebSocket on loopback only. Everything but the token exchange needs the session cookie.
 * @throws LintelError `address-unavailable`
 */
export async function startKioskServer(options: KioskServerOptions): Promise<KioskServer> {
  const { access, appliance, resolveAsset, port, log, pages, onRedeemed, onPage } = options;
  const server = Fastify({
    loggerInstance: log,
    // Request lines would carry the token.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024,
    requestTimeout: 10_000,
    // However busy the machine is.
    pluginTimeout: 0,
    forceCloseConnections: true,
  });
  const sockets = new Set<WebSocket>();
  const host = (): string => `${LOOPBACK}:${(server.server.address() as AddressInfo).port}`;

  await server.register(websocket, {
    options: { maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false },
    // A message too large or a connection lost: ws has told the other side already.
    errorHandler: (error, socket) => {
      log.warn({ error: error.message }, 'socket failed');
      socket.terminate();
    },
  });

  // After the WebSocket plugin, whose own hook marks upgrades.
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    // An exact host keeps out pages of other sites whose name was rebound to this address.
    if (request.headers.host !== host()) return reply.code(421).send('Wrong host.\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') return reply.code(405).send('Only GET.\n');
    if (tokenOf(request) !== null) return undefined;
    if (!access.admits(cookieOf(request))) return reply.code(401).send(NO_ACCESS);
    if (request.ws && request.headers.origin !== `http://${host()}`) {
      return reply.code(403).send('Wrong origin.\n');
    }
    return undefined;
  });
  server.setErrorHandler(async (error, _request, reply) => {
    log.error({ err: error }, 'request failed');
    return reply.code(500).send('Something went wrong inside Lintel.\n');
  });

  server.get('/kiosk', { websocket: true }, (socket, request) => {
    const [oldest] = sockets;
    if (sockets.size >= MAX_SOCKETS) oldest?.close();
    sockets.add(socket);
    pages?.opened();
    onPage?.(request.socket.remotePort ?? 0);
    socket.on('close', () => {
      sockets.delete(socket);
      pages?.closed(sockets.size);
    });
    serveKiosk(socket, appliance);
  });

  server.get('/*', async (request, reply) => {
    const token = tokenOf(request);
    if (token !== null) {
      const secret = access.redeem(token);
      if (secret !== null) {
        for (const socket of sockets) socket.close();
        await onRedeemed?.(request.socket.remotePort ?? 0);
        reply.header('set-cookie', `${COOKIE}=${secret}; HttpOnly; SameSite=Strict; Path=/`);
      } else if (!access.admits(cookieOf(request))) {
        return reply.code(401).send(NO_ACCESS);
      }
      return reply.redirect('/', 303);
    }
    const asset = resolveAsset(pathOf(request));
    if (asset === null) return reply.code(404).send('Not found.\n');
    return reply.type(asset.contentType).send(await readAsset(asset));
  });

  await listenAt(server, { host: LOOPBACK, port }, log);
  return {
    origin: `http://${host()}`,
    close: async () => {
      for (const socket of sockets) socket.terminate();
      await server.close();
    },
  };
}

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '';

/** The token of an exchange, or null for any other request. */
function tokenOf(request: FastifyRequest): string | null {
  // HEAD only asks what there is: it spends nothing.
  if (request.method !== 'GET' || pathOf(request) !== '/' || request.ws) return null;
  return new URLSearchParams(request.url.slice(1)).get('token');
}

function cookieOf(request: FastifyRequest): string | undefined {
  const pairs = request.headers.cookie?.split(/;\s*/) ?? [];
  return pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
}
