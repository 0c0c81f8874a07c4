import { DIALECTS } from '#contract';
import type { Dialect } from '../../http/dialect.ts';
import { FACESMASH } from './envelope.ts';
import { serveFaces } from './faces.ts';
import { Limits } from './limits.ts';
import type { FaceSmashOptions } from './options.ts';
import { serveUsers } from './users.ts';
import { serveWebhooks } from './webhooks.ts';

/** The FaceSmash API: users with templates, by picture or descriptor, sign-in logs and webhooks. */
export const facesmash = (options: FaceSmashOptions): Dialect => {
  const limits = new Limits(options.accounts, options.ledger);
  return {
    description: DIALECTS.facesmash,
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    authenticate: (request) => limits.authenticate(request),
    refusals: FACESMASH.refusals,
    routes: (scope) => {
      limits.install(scope);
      serveFaces(scope, options);
      serveUsers(scope, options);
      serveWebhooks(scope, options);
    },
  };
};
