import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LintelError, type Scope } from '#contract';
import type { Accounts, Caller } from '#core/accounts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once a request has shown a valid key. */
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** What a key must permit to use this route; without it the route is open to everybody. */
    scope?: Scope;
  }
}

const AUTHORIZATION = /^([a-z]+) +([\x21-\x7e]{1,512}) *$/i;

/**
 * Lets a request to a route with a scope pass only with a key that has it, before its body is read.
 * @param authenticate who sent it, or null: only its body says so; throws `unauthenticated`
 * @param authenticateBody who sent it, by its body
 */
export function installAuthentication(
  scope: FastifyInstance,
  authenticate: (request: FastifyRequest) => Promise<Caller | null>,
  authenticateBody: (request: FastifyRequest) => Promise<Caller> = () =>
    Promise.reject(new LintelError('unauthenticated')),
): void {
  scope.addHook('onRequest', async (request) => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    request.caller = await authenticate(request);
    if (request.caller !== null) requireScope(request.caller, scope);
  });
  scope.addHook('preValidation', async (request, reply) => {
    const { scope: permission } = request.routeOptions.config;
    if (permission === undefined || request.caller !== null) return;
    request.caller = await authenticateBody(request);
    requireScope(request.caller, permission);
    await scope.countKeyOfBody(request, reply);
  });
}

/** @throws `forbidden` */
export function requireScope({ scopes }: Caller, scope: Scope): void {
  if (!scopes.includes(scope))
    throw new LintelError('forbidden', `(It takes a key with the scope ${scope}.)`);
}

/**
 * Who sent a request with an API key in `Authorization`.
 * @param schemes the words that may stand before the key
 * @throws `unauthenticated`
 */
export async function authenticateByHeader(
  { headers }: FastifyRequest,
  accounts: Accounts,
  schemes: readonly string[],
): Promise<Caller> {
  const [, scheme = '', apiKey = ''] = AUTHORIZATION.exec(headers.authorization ?? '') ?? [];
  const caller = schemes.includes(scheme.toLowerCase()) ? await accounts.authenticate(apiKey) : null;
  if (caller === null) throw new LintelError('unauthenticated');
  return caller;
}

/** Who sent a request with an API key in `X-API-Key`. @throws `unauthenticated` */
export async function authenticateByKeyHeader(
  { headers }: FastifyRequest,
  accounts: Accounts,
): Promise<Caller> {
  const apiKey = headers['x-api-key'];
  const isKey = typeof apiKey === 'string' && apiKey.length <= 512;
  const caller = isKey ? await accounts.authenticate(apiKey) : null;
  if (caller === null) throw new LintelError('unauthenticated');
  return caller;
}

/** The caller of a route that has a scope. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new LintelError('unauthenticated');
  return request.caller;
}
