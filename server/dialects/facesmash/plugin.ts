import type { Dialect } from '../../http/dialect.ts';
import { refuse } from './envelope.ts';
import { serveFaces } from './faces.ts';
import { Limits } from './limits.ts';
import type { FaceSmashOptions } from './options.ts';
import { serveUsers } from './users.ts';
import { serveWebhooks } from './webhooks.ts';

/** The FaceSmash API: users with templates, by picture or descriptor, sign-in logs and webhooks. */
export const facesmash = (options: FaceSmashOptions): Dialect => {
  const limits = new Limits(options.accounts, options.ledger);
  return {
    prefixes: ['/v1/faces', '/v1/users', '/v1/webhooks'],
    documentation: {
      path: '/docs/facesmash',
      title: 'Lintel FaceSmash API',
      description: 'Register, verify and identify users by their faces; sign-in logs and webhooks.',
      version: '1',
      authentication: 'Authorization: Bearer, and the key',
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
    authenticate: (request) => limits.authenticate(request),
    refuse,
    routes: (scope) => {
      limits.install(scope);
      serveFaces(scope, options);
      serveUsers(scope, options);
      serveWebhooks(scope, options);
    },
  };
};
