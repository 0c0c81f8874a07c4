import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { ERRORS, LintelError, type ErrorCode } from '#contract';
import { PROBLEMS, toProblem } from './problem.ts';
import type { Refuse } from './refuse.ts';

/** How long the answer to what is no request may take to be read. Bytes that still come go on being read until then. */
const ANSWER_GRACE_MS = 1000;

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const;

/** Fastify's own refusals that stand for one of ours; any other below 500 is `usage`. */
const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'content-type-unsupported',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body-malformed',
  FST_ERR_CTP_INVALID_JSON_BODY: 'body-malformed',
};

/** As {@link FASTIFY_CODES}, of Node's HTTP parser. */
const PARSER_CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** Parameters whose refusal has a code of its own. */
const PARAMETER_CODES: Readonly<Record<string, ErrorCode>> = {
  collectionId: 'collection-id-invalid',
  externalKey: 'external-key-invalid',
  faceMatchThreshold: 'threshold-invalid',
  threshold: 'threshold-invalid',
  'idempotency-key': 'idempotency-key-invalid',
};

/**
 * Answers what cannot be served in one scope.
 * @param prefixes what no route takes at and below these paths, too
 */
export function installErrors(scope: FastifyInstance, refuse: Refuse, prefixes: readonly string[]): void {
  scope.setErrorHandler<FastifyError>((error, request, reply) =>
    refuse(request, reply, refusalFor(error, request)),
  );

  const routes: { readonly pattern: URLPattern; readonly methods: readonly string[] }[] = [];
  scope.addHook('onRoute', ({ method, url }) => {
    routes.push({ pattern: new URLPattern({ pathname: url }), methods: [method].flat() });
  });
  const refuseUnknown = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const [pathname = ''] = request.url.split('?', 1);
    const taken = routes
      .filter(({ pattern }) => pattern.test({ pathname }))
      .flatMap(({ methods }) => methods);
    const allowed = METHODS.filter((method) => taken.includes(method)).join(', ');
    if (allowed === '') return refuse(request, reply, new LintelError('route-unknown'));
    void reply.header('allow', allowed);
    return refuse(request, reply, new LintelError('method-not-allowed', `(Allowed: ${allowed})`));
  };
  for (const prefix of prefixes) {
    void scope.register(
      (below, _options, done) => {
        below.setNotFoundHandler(refuseUnknown);
        done();
      },
      { prefix },
    );
  }
}

/** The refusal that the client gets for an error; a fault of the server is logged. */
export function refusalFor(error: FastifyError, request: FastifyRequest): LintelError {
  const refusal = asRefusal(error);
  const isFault = ERRORS[refusal.code].http >= 500 && refusal.code !== 'busy';
  if (isFault) request.log.error({ err: error }, 'request failed');
  return refusal;
}

/**
 * Answers bytes that are no request of HTTP, and requests that do not arrive whole; then the connection ends, whether or
 * not the other end reads the answer.
 */
export function refuseConnection(
  error: NodeJS.ErrnoException,
  socket: Socket,
  graceMs: number = ANSWER_GRACE_MS,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = toProblem(new LintelError(PARSER_CODES[error.code ?? ''] ?? 'usage'), randomUUID());
  const body = JSON.stringify(problem);
  const headers = `Connection: close\r\nContent-Type: ${PROBLEMS.type}\r\nContent-Length: ${Buffer.byteLength(body)}`;
  const end = setTimeout(() => socket.destroy(), graceMs).unref();
  socket.once('close', () => clearTimeout(end));
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${headers}\r\n\r\n${body}`);
}

/** The error that the client gets: details of faults stay in the log. */
function asRefusal(error: FastifyError | LintelError): LintelError {
  if (error instanceof LintelError) {
    // A client over the network learns nothing about files and disks.
    return ERRORS[error.code].http === 500 ? new LintelError('internal', undefined, { cause: error }) : error;
  }
  if (hasZodFastifySchemaValidationErrors(error)) return invalid(error.validation);
  const code = FASTIFY_CODES[error.code];
  if (code !== undefined) return new LintelError(code);
  if (error.statusCode === 429) return new LintelError('rate-limited');
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return new LintelError('usage');
  return new LintelError('internal', undefined, { cause: error });
}

/** Names the parameters that are wrong, never their values. */
function invalid(issues: readonly { instancePath: string; message?: string | undefined }[]): LintelError {
  const [first] = issues;
  const code = PARAMETER_CODES[first?.instancePath.slice(1) ?? ''] ?? 'usage';
  const details = issues.map(
    ({ instancePath, message = '' }) => `${instancePath.slice(1) || 'input'}: ${message}`,
  );
  return new LintelError(code, `(${details.join('; ')})`);
}
