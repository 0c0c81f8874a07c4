import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { AccessToken, LintelError, TokenRequest } from '#contract';
import type { Caller } from '#core/accounts';
import type { Dialect } from '../../http/dialect.ts';
import { acceptForms } from '../../http/form.ts';
import type { DialectOptions } from '../options.ts';
import { answers, refuse } from './envelope.ts';
import { serveFaces } from './faces.ts';
import { serveSessions } from './sessions.ts';
import { Tokens, TOKEN_SECONDS } from './tokens.ts';

/** The Uqudo Face API: access tokens, face sessions, match and 1:N. */
export const uqudo = (options: DialectOptions): Dialect => {
  const tokens = new Tokens(options.store, options.accounts);
  return {
    prefixes: ['/api/oauth', '/api/v1/face'],
    documentation: {
      path: '/docs/uqudo',
      title: 'Lintel Uqudo Face API',
      description: 'Compare faces, and find, insert and remove them among all of the account.',
      version: '1',
      authentication:
        'OAuth client credentials: the account’s id, and the key as its secret; then Authorization: Bearer, and the token',
      securitySchemes: {
        oauth: {
          type: 'oauth2',
          flows: { clientCredentials: { tokenUrl: '/api/oauth/token', scopes: {} } },
        },
      },
    },
    authenticate: (request) => authenticate(request, tokens),
    refuse,
    routes: (scope) => {
      acceptForms(scope);
      scope.addContentTypeParser<string>(
        'application/x-www-form-urlencoded',
        { parseAs: 'string', bodyLimit: 16_384 },
        (_request, body, parsed) => parsed(null, Object.fromEntries(new URLSearchParams(body))),
      );
      scope.post<{ Body: z.infer<typeof TokenRequest> }>(
        '/api/oauth/token',
        {
          schema: {
            tags: ['authorisation'],
            summary: 'Get an access token',
            consumes: ['application/x-www-form-urlencoded'],
            body: TokenRequest,
            response: answers(200, AccessToken),
          },
        },
        async ({ body }) => {
          const { token, claims } = await tokens.issue(body.client_id, body.client_secret);
          return {
            access_token: token,
            token_type: 'bearer',
            expires_in: TOKEN_SECONDS,
            scope: claims.scope,
            jti: claims.jti,
          };
        },
      );
      serveSessions(scope, options);
      serveFaces(scope, options);
    },
  };
};

const BEARER = /^Bearer +(\S{1,2048}) *$/i;

/** @throws `unauthenticated` */
async function authenticate({ headers }: FastifyRequest, tokens: Tokens): Promise<Caller> {
  const [, token] = BEARER.exec(headers.authorization ?? '') ?? [];
  if (token === undefined) throw new LintelError('unauthenticated');
  return await tokens.verify(token);
}
