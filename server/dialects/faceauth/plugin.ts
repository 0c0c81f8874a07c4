import type { FastifyRequest } from 'fastify';
import { DIALECTS, LintelError } from '#contract';
import { PageAccess, type Accounts, type Caller } from '#core/accounts';
import type { Dialect } from '../../http/dialect.ts';
import { acceptForms } from '../../http/form.ts';
import type { DialectOptions } from '../options.ts';
import { serveAccount } from './account.ts';
import { FACEAUTH } from './envelope.ts';
import { serveFaces } from './faces.ts';
import { isFromOtherPage } from './pages/origin.ts';
import { PageVisits } from './pages/page-visits.ts';
import { servePageKeys } from './pages/serve-keys.ts';
import { authenticatePage, servePageVisits } from './pages/serve-visits.ts';
import { serveWidget } from './pages/serve-widget.ts';

/** The FaceAuth API under `/api/v1`: enrol, verify and match by forms, with plans and usage, and the widget for web pages. */
export function faceauth(options: DialectOptions): Dialect {
  const access = new PageAccess(options.store);
  const visits = new PageVisits({ ...options, access });
  return {
    description: DIALECTS.faceauth,
    securitySchemes: {
      apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      bearer: { type: 'http', scheme: 'bearer' },
      pageToken: { type: 'http', scheme: 'bearer', description: 'A token of POST /api/v1/widget/tokens' },
      pageVisit: { type: 'http', scheme: 'bearer', description: 'The visit that was begun' },
    },
    authenticate: (request) =>
      request.routeOptions.config.page === undefined
        ? authenticate(request, options.accounts)
        : authenticatePage(request, access, visits),
    authenticateBody: (request) => authenticateBody(request, options.accounts),
    refusals: FACEAUTH.refusals,
    routes: (scope) => {
      acceptForms(scope);
      serveFaces(scope, options);
      serveAccount(scope, options);
      servePageKeys(scope, options, visits);
      servePageVisits(scope, access, visits);
      if (options.widget !== null) serveWidget(scope, access, options.widget);
    },
  };
}

const BEARER = /^Bearer +(\S+) *$/i;

/** By a header, or the key in the address; null: the key may be in the body. @throws `unauthenticated`, `key-missing`, `key-in-browser` */
async function authenticate(request: FastifyRequest, accounts: Accounts): Promise<Caller | null> {
  const { 'x-api-key': header, authorization } = request.headers;
  const { api_key: inPath } = request.params as { api_key?: string };
  const apiKey = header ?? (authorization === undefined ? inPath : (BEARER.exec(authorization)?.[1] ?? ''));
  if (apiKey !== undefined) {
    requireServer(request);
    return await callerOf(apiKey, accounts);
  }
  if (request.method === 'GET') throw new LintelError('key-missing');
  return null;
}

/** @throws `unauthenticated`, `key-missing`, `key-in-browser` */
async function authenticateBody(request: FastifyRequest, accounts: Accounts): Promise<Caller> {
  const { api_key: apiKey } = (request.body ?? {}) as { api_key?: unknown };
  if (apiKey === undefined) throw new LintelError('key-missing');
  requireServer(request);
  return await callerOf(apiKey, accounts);
}

/** A key that a page of another site shows is secret no more. @throws `key-in-browser` */
function requireServer(request: FastifyRequest): void {
  if (isFromOtherPage(request)) throw new LintelError('key-in-browser');
}

async function callerOf(apiKey: unknown, accounts: Accounts): Promise<Caller> {
  const isKey = typeof apiKey === 'string' && apiKey.length <= 512;
  const caller = isKey ? await accounts.authenticate(apiKey) : null;
  if (caller === null) throw new LintelError('unauthenticated');
  return caller;
}
