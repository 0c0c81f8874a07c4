import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { Store } from '#core/store';
import type { Log } from '../process/index.ts';
import type { MetricsSources } from './measure.ts';

/** Only this machine reaches it. */
const HOST = '127.0.0.1';
/** The store's secret that says where metrics are served, and the hash of their token. */
const ROW = 'metrics';

const Kept = z.object({ port: z.int().min(0).max(65_535), tokenHash: z.string().regex(/^[0-9a-f]{64}$/) });

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Serve metrics from the next start on. @returns the token to ask for them with, which cannot be asked for again */
export async function keepMetrics(store: Store, port: number): Promise<string> {
  const token = `lintel_metrics_${randomBytes(32).toString('base64url')}`;
  const kept = { port, tokenHash: hashOf(token).toString('hex') } satisfies z.infer<typeof Kept>;
  await store.setSecret(ROW, Buffer.from(JSON.stringify(kept)), { kind: 'metrics-set', port });
  return token;
}

/** Serve none from the next start on. */
export const dropMetrics = (store: Store): Promise<void> =>
  store.setSecret(ROW, null, { kind: 'metrics-set', port: null });

/**
 * Serves `/metrics` for Prometheus at a local address, to those who have the token; where nothing is set, not at all. A port that
 * is taken is logged: an appliance works without metrics, too.
 * @returns the port, null where nothing is served; and what ends it
 */
export async function startMetrics(
  store: Store,
  sources: MetricsSources,
  log: Log,
): Promise<{ readonly port: number | null; readonly end: () => Promise<void> }> {
  const bytes = await store.getSecret(ROW);
  if (bytes === null) return { port: null, end: async () => undefined };
  const { port, tokenHash } = Kept.parse(JSON.parse(Buffer.from(bytes).toString()));
  // Loaded where metrics are served only: most appliances serve none.
  const { measure } = await import('./measure.ts');
  const { register, end } = measure(sources);
  const server = createServer({ requestTimeout: 10_000, maxHeaderSize: 8_192 }, (request, response) => {
    answer(request, response, register, Buffer.from(tokenHash, 'hex')).catch((error: unknown) => {
      log.error({ err: error }, 'metrics could not be read');
      response.writeHead(500).end();
    });
  });
  server.on('clientError', (_error, socket) => void socket.destroy());
  const listening = Promise.withResolvers<number | null>();
  server.once('listening', () => {
    const address = server.address();
    listening.resolve(typeof address === 'object' && address !== null ? address.port : null);
  });
  server.on('error', (error) => {
    log.error({ err: error, port }, 'metrics are not served');
    listening.resolve(null);
  });
  server.listen(port, HOST);
  return {
    port: await listening.promise,
    end: async () => {
      end();
      server.closeAllConnections();
      if (server.listening) await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  register: Registry,
  tokenHash: Buffer,
): Promise<void> {
  const [, token = ''] = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(request.headers.authorization ?? '') ?? [];
  if (!timingSafeEqual(hashOf(token), tokenHash)) {
    response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
  } else if (request.url !== '/metrics') {
    response.writeHead(404).end();
  } else if (request.method !== 'GET') {
    response.writeHead(405, { allow: 'GET' }).end();
  } else {
    const text = await register.metrics();
    response.writeHead(200, { 'content-type': register.contentType }).end(text);
  }
}
