import { DIALECTS } from '#contract';
import { authenticateByKeyHeader } from '../../http/authentication.ts';
import type { Dialect } from '../../http/dialect.ts';
import { acceptForms } from '../../http/form.ts';
import type { DialectOptions } from '../options.ts';
import { serveCollections } from './collections.ts';
import { parseJson } from './documents.ts';
import { COLLECTIONS } from './envelope.ts';
import { serveFaces } from './faces.ts';
import { serveSearch } from './search.ts';

/** Enrolment into collections, and what belongs to it, under `/api/v1/collections`. */
export const collections = (options: DialectOptions): Dialect => ({
  description: DIALECTS.collections,
  securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' } },
  authenticate: (request) => authenticateByKeyHeader(request, options.accounts),
  refusals: COLLECTIONS.refusals,
  routes: (scope) => {
    acceptForms(scope);
    // Metadata is kept as it was sent, whatever its properties are called.
    scope.removeContentTypeParser('application/json');
    scope.addContentTypeParser<string>(
      'application/json',
      { parseAs: 'string' },
      (_request, body, parsed) => {
        try {
          parsed(null, body === '' ? undefined : parseJson(body));
        } catch (error) {
          parsed(error as Error);
        }
      },
    );
    serveCollections(scope, options);
    serveFaces(scope, options);
    serveSearch(scope, options);
  },
});
