import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '#core/accounts';
import { installAuthentication } from './authentication.ts';
import { installDocumentation, type Documentation } from './documentation.ts';
import { installErrors, type Refuse } from './errors/index.ts';

/** One documented API of the server. Nothing of it holds for another: each has a Fastify scope of its own. */
export interface Dialect {
  /** Everything below these paths is its own, also what no route takes. */
  readonly prefixes: readonly string[];
  /** Its page and its OpenAPI document. */
  readonly documentation: Documentation;
  /** Who sent a request to a route that has a scope; null: its body says so. @throws `unauthenticated` */
  readonly authenticate: (request: FastifyRequest) => Promise<Caller | null>;
  readonly authenticateBody?: (request: FastifyRequest) => Promise<Caller>;
  /** Answers a request that cannot be served. */
  readonly refuse: Refuse;
  /** Adds its routes, and what parses the bodies they take. */
  readonly routes: (scope: FastifyInstance) => void | Promise<void>;
}

/**
 * Serves a documented API beside all others.
 * @param isDocumented whether its page and its document are served, too
 */
export async function installDialect(
  app: FastifyInstance,
  { prefixes, documentation, authenticate, authenticateBody, refuse, routes }: Dialect,
  isDocumented: boolean,
): Promise<void> {
  await app.register(async (scope) => {
    installErrors(scope, refuse, prefixes);
    installAuthentication(scope, authenticate, authenticateBody);
    if (isDocumented) await installDocumentation(scope, documentation);
    await routes(scope);
  });
}
