import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DialectDescription } from '#contract';
import type { Accounts, Caller } from '#core/accounts';
import { authenticateByHeader, installAuthentication } from './authentication.ts';
import { installDocumentation, type SecuritySchemes } from './documentation.ts';
import { installErrors, refuseIn, type RefusalStyle } from './errors/index.ts';

/** One documented API of the server. Nothing of it holds for another: each has a Fastify scope of its own. */
export interface Dialect {
  readonly description: DialectDescription;
  readonly securitySchemes: SecuritySchemes;
  /** Who sent a request to a route that has a scope; null: its body says so. @throws `unauthenticated` */
  readonly authenticate: (request: FastifyRequest) => Promise<Caller | null>;
  readonly authenticateBody?: (request: FastifyRequest) => Promise<Caller>;
  /** How it answers a request that cannot be served. */
  readonly refusals: RefusalStyle;
  /** Adds its routes, and what parses the bodies they take. */
  readonly routes: (scope: FastifyInstance) => void | Promise<void>;
}

/** An API key in `Authorization`, as `ApiKey KEY` or `Bearer KEY`: how a dialect documents it, and reads it. */
export const keyInAuthorization = (
  accounts: Accounts,
): Pick<Dialect, 'securitySchemes' | 'authenticate'> => ({
  securitySchemes: {
    apiKey: {
      type: 'apiKey',
      in: 'header',
      name: 'Authorization',
      description: 'The word ApiKey, a space, and an API key',
    },
    bearer: { type: 'http', scheme: 'bearer', description: 'The same API key as a bearer token' },
  },
  authenticate: (request) => authenticateByHeader(request, accounts, ['apikey', 'bearer']),
});

/**
 * Serves a documented API beside all others.
 * @param isDocumented whether its page and its document are served, too
 */
export async function installDialect(
  app: FastifyInstance,
  { description, securitySchemes, authenticate, authenticateBody, refusals, routes }: Dialect,
  isDocumented: boolean,
): Promise<void> {
  await app.register(async (scope) => {
    installErrors(scope, refuseIn(refusals), description.prefixes);
    installAuthentication(scope, authenticate, authenticateBody);
    if (isDocumented) await installDocumentation(scope, description, securitySchemes);
    await routes(scope);
  });
}
