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

const AUTHORIZATION = /^(?:ApiKey|Bearer) +([\x21-\x7e]{1,512}) *$/i;

/** Lets a request to a route with a scope pass only with a key that has it, before its body is read. */
export function installAuthentication(app: FastifyInstance, accounts: Accounts): void {
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request) => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    request.caller = await authenticate(request, accounts);
    if (!request.caller.scopes.includes(scope)) {
      throw new LintelError('forbidden', `(It takes a key with the scope ${scope}.)`);
    }
  });
}

/** Who sent a request. @throws `unauthenticated` */
export async function authenticate(request: FastifyRequest, accounts: Accounts): Promise<Caller> {
  const [, apiKey] = AUTHORIZATION.exec(request.headers.authorization ?? '') ?? [];
  const caller = apiKey === undefined ? null : await accounts.authenticate(apiKey);
  if (caller === null) throw new LintelError('unauthenticated');
  return caller;
}

/** The caller of a route that has a scope. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new LintelError('unauthenticated');
  return request.caller;
}
