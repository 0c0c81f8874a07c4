import type { FastifyRequest } from 'fastify';
import { AccessToken, DIALECTS, LintelError, TokenRequest } from '#contract';
import type { Caller } from '#core/accounts';
import type { Dialect } from '../../http/dialect.ts';
import { endpoints } from '../../http/endpoints.ts';
import { acceptForms } from '../../http/form.ts';
import type { DialectOptions } from '../options.ts';
import { UQUDO } from './envelope.ts';
import { serveFaces } from './faces.ts';
import { serveSessions } from './sessions.ts';
import { Tokens, TOKEN_SECONDS } from './tokens.ts';

/** The Uqudo Face API: access tokens, face sessions, match and 1:N. */
export const uqudo = (options: DialectOptions): Dialect => {
  const tokens = new Tokens(options.store, options.accounts);
  return {
    description: DIALECTS.uqudo,
    securitySchemes: {
      oauth: {
        type: 'oauth2',
        flows: { clientCredentials: { tokenUrl: '/api/oauth/token', scopes: {} } },
      },
    },
    authenticate: (request) => authenticate(request, tokens),
    refusals: UQUDO.refusals,
    routes: (scope) => {
      acceptForms(scope);
      scope.addContentTypeParser<string>(
        'application/x-www-form-urlencoded',
        { parseAs: 'string', bodyLimit: 16_384 },
        (_request, body, parsed) => parsed(null, Object.fromEntries(new URLSearchParams(body))),
      );
      endpoints(scope, UQUDO, { tag: 'authorisation', security: [] })('open', 'POST /api/oauth/token', {
        summary: 'Get an access token',
        consumes: ['application/x-www-form-urlencoded'],
        body: TokenRequest,
        answers: { 200: AccessToken },
        handle: async ({ body, request, reply }) => {
          const { token, claims, caller } = await tokens.issue(body.client_id, body.client_secret);
          request.caller = caller;
          await scope.countKeyOfBody(request, reply);
          return {
            access_token: token,
            token_type: 'bearer',
            expires_in: TOKEN_SECONDS,
            scope: claims.scope,
            jti: claims.jti,
          };
        },
      });
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
