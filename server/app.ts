import { randomUUID } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { LintelError } from '#contract';
import type { Accounts } from '#core/accounts';
import type { Record } from '#core/upkeep';
import { BODY_LIMIT, installAdmission } from './admission.ts';
import { installAuthentication } from './authentication.ts';
import { installDeadline, KNOWN_MS } from './deadline.ts';
import { installDocumentation } from './documentation.ts';
import { answerError, installErrors, refuseConnection } from './errors/index.ts';
import { installMetrics } from './metrics.ts';
import { installRefusalCount } from './refusals.ts';
import { realeyes, type RealeyesOptions } from './realeyes/index.ts';
import { sync, type SyncOptions } from './sync/index.ts';

export interface AppOptions extends RealeyesOptions, SyncOptions {
  readonly accounts: Accounts;
  /** Writes into the audit log what no change of the store does. */
  readonly record: Record;
  /** Requests a key may send in a minute. */
  readonly rateLimit: number;
  readonly log: FastifyBaseLogger;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
}

/** All of the server's APIs in one Fastify instance, ready to listen or to be injected into. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { accounts, log, tls } = options;
  const app: FastifyInstance = Fastify({
    ...(tls === undefined ? {} : { https: tls }),
    loggerInstance: log,
    bodyLimit: BODY_LIMIT,
    requestTimeout: KNOWN_MS,
    genReqId: () => randomUUID(),
    return503OnClosing: false,
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  installErrors(app);
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
  installAuthentication(app, accounts);
  await app.register(rateLimit, {
    max: options.rateLimit,
    timeWindow: '1 minute',
    hook: 'preParsing',
    keyGenerator: ({ caller, ip }) => caller?.keyId ?? ip,
    allowList: ({ caller }) => caller === null,
    errorResponseBuilder: () => new LintelError('rate-limited'),
  });
  await installDocumentation(app);
  installMetrics(app, accounts, options.store.devices);
  installRefusalCount(app, options.record);
  realeyes(app, options);
  sync(app, options);
  await app.ready();
  return app;
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
