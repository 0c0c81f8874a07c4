import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { IndexMemory } from '#core/gallery';
import type { SqlStore } from '#core/store';
import type { Record } from '#core/upkeep';
import { dialects, type DialectsOptions } from './dialects/index.ts';
import { BODY_LIMIT, installAdmission } from './http/admission.ts';
import { limitConnections, type ConnectionLimits } from './http/connections.ts';
import {
  HEADERS_DEADLINE,
  installAnswerDeadline,
  installDeadline,
  KNOWN_MS,
  type HeadersDeadline,
} from './http/deadline.ts';
import { installDialect, type Dialect } from './http/dialect.ts';
import {
  installErrors,
  PROBLEMS,
  refusalFor,
  refuseConnection,
  refuseIn,
  sendProblem,
} from './http/errors/index.ts';
import { installFrontPage } from './http/front-page.ts';
import { installHealth } from './http/health.ts';
import { installMetrics, metricsOfDevices, metricsOfIndexes, metricsOfNodes } from './http/metrics.ts';
import { installOverview } from './http/overview.ts';
import { installRateLimit } from './http/rate-limit.ts';
import { installRefusalCount } from './http/refusals.ts';
import { answerNodes, type AskingHolders, type NodeCalls } from './nodes/index.ts';
import { sync, type SyncOptions } from './sync/index.ts';

export interface AppOptions extends DialectsOptions, SyncOptions {
  readonly store: SqlStore;
  /** Writes into the audit log what no change of the store does. */
  readonly record: Record;
  /** Of the indexes of all collections. */
  readonly memory: IndexMemory;
  /** The other servers that hold collections; null: none does. */
  readonly holders: AskingHolders | null;
  /** What this server does in what it holds in its memory, also for other servers. */
  readonly calls: NodeCalls;
  /** Requests a key may send in a minute. */
  readonly rateLimit: number;
  /** Whether the pages and documents of the APIs are served. */
  readonly isDocumented: boolean;
  readonly log: FastifyBaseLogger;
  /** By default {@link CONNECTIONS}. */
  readonly connections?: Partial<ConnectionLimits>;
  /** By default {@link HEADERS_DEADLINE}. */
  readonly headersDeadline?: HeadersDeadline;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
}

/** Each takes some 30 KB; an appliance or a client has one or two. */
const CONNECTIONS: ConnectionLimits = { all: 2000, perAddress: 200 };

/** All of the server's APIs in one Fastify instance, ready to listen or to be injected into. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { accounts, log, tls, headersDeadline = HEADERS_DEADLINE } = options;
  const { ms: headersTimeout, lookEveryMs: connectionsCheckingInterval } = headersDeadline;
  const patience = { headersTimeout, connectionsCheckingInterval };
  const served = dialects(options);
  const app: FastifyInstance = Fastify({
    ...(tls === undefined
      ? { http: patience }
      : { https: { ...tls, ...patience, handshakeTimeout: headersTimeout } }),
    loggerInstance: log,
    bodyLimit: BODY_LIMIT,
    // Collection ids have 512 characters, and names in addresses are encoded.
    routerOptions: { maxParamLength: 2048 },
    requestTimeout: KNOWN_MS,
    // A busy machine is slow to start; its server would not start at all.
    pluginTimeout: 0,
    genReqId: () => randomUUID(),
    return503OnClosing: false,
    clientErrorHandler: refuseConnection,
    // An address that makes no sense is in no scope.
    frameworkErrors: (error, request, reply) => {
      const { refusals } = dialectOf(request.url, served) ?? { refusals: PROBLEMS };
      void refuseIn(refusals)(request, reply, refusalFor(error, request));
    },
  });
  limitConnections(app.server, { ...CONNECTIONS, ...options.connections });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  installErrors(app, sendProblem, ['/']);
  acceptJsonOnly(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    if (tls !== undefined) reply.header('strict-transport-security', 'max-age=31536000');
  });
  closeConnectionsAtTheEnd(app);
  installAdmission(app);
  installDeadline(app);
  installAnswerDeadline(app);
  app.decorateRequest('caller', null);
  app.decorateRequest('isOfNode', false);
  await installRateLimit(app, options.servers.rates, options.rateLimit);
  const askStore = () => options.store.lineage.pending();
  installHealth(app, askStore);
  installFrontPage(app, { ...options, askStore, askRecognition: () => options.recognizer.answers() });
  installMetrics(app, accounts, [
    metricsOfDevices(options.store.devices),
    metricsOfIndexes(options.memory),
    options.holders === null ? [] : metricsOfNodes(options.holders),
  ]);
  installRefusalCount(app, options.record);
  for (const dialect of served) await installDialect(app, dialect, options.isDocumented);
  if (options.isDocumented) installOverview(app);
  sync(app, options);
  if (options.servers.nodes !== null) answerNodes(app, { ...options, nodes: options.servers.nodes });
  await app.ready();
  return app;
}

/** The dialect of a path: the one with the longest prefix that ends at a segment's end. */
function dialectOf(url: string, dialects: readonly Dialect[]): Dialect | undefined {
  const found = dialects.flatMap((dialect) =>
    dialect.description.prefixes
      .filter((prefix) => url.startsWith(prefix) && /^([/?#]|$)/.test(url.slice(prefix.length)))
      .map((prefix) => ({ dialect, prefix })),
  );
  return found.toSorted((a, b) => b.prefix.length - a.prefix.length)[0]?.dialect;
}

/** What is answered while the server stops is the last on its connection, so that none holds the end up. */
function closeConnectionsAtTheEnd(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
}

/** As Fastify does, but an empty body counts as none: many clients send the type with every DELETE. */
function acceptJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body, done);
  });
}
