import type { FastifyRequest } from 'fastify';
import { LintelError } from '#contract';
import type { Accounts, Caller } from '#core/accounts';
import type { Dialect } from '../../http/dialect.ts';
import { acceptForms } from '../../http/form.ts';
import type { DialectOptions } from '../options.ts';
import { serveAccount } from './account.ts';
import { refuse } from './envelope.ts';
import { serveFaces } from './faces.ts';

/** The FaceAuth API under `/api/v1`: enrol, verify and match by forms, with plans and usage. */
export const faceauth = (options: DialectOptions): Dialect => ({
  prefixes: ['/api/v1'],
  documentation: {
    path: '/docs/faceauth',
    title: 'Lintel FaceAuth API',
    description: 'Passwordless face authentication: enrol users, then verify them with a picture.',
    version: '1',
    authentication: 'X-API-Key, Authorization: Bearer, or the form field api_key',
    securitySchemes: {
      apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      bearer: { type: 'http', scheme: 'bearer' },
    },
  },
  authenticate: (request) => authenticate(request, options.accounts),
  authenticateBody: ({ body }) => authenticateBody(body, options.accounts),
  refuse,
  routes: (scope) => {
    acceptForms(scope);
    serveFaces(scope, options);
    serveAccount(scope, options);
  },
});

const BEARER = /^Bearer +(\S+) *$/i;

/** By a header, or the key in the address; null: the key may be in the body. @throws `unauthenticated`, `key-missing` */
async function authenticate(request: FastifyRequest, accounts: Accounts): Promise<Caller | null> {
  const { 'x-api-key': header, authorization } = request.headers;
  const { api_key: inPath } = request.params as { api_key?: string };
  const apiKey = header ?? (authorization === undefined ? inPath : (BEARER.exec(authorization)?.[1] ?? ''));
  if (apiKey !== undefined) return await callerOf(apiKey, accounts);
  if (request.method === 'GET') throw new LintelError('key-missing');
  return null;
}

/** @throws `unauthenticated`, `key-missing` */
async function authenticateBody(body: unknown, accounts: Accounts): Promise<Caller> {
  const { api_key: apiKey } = (body ?? {}) as { api_key?: unknown };
  if (apiKey === undefined) throw new LintelError('key-missing');
  return await callerOf(apiKey, accounts);
}

async function callerOf(apiKey: unknown, accounts: Accounts): Promise<Caller> {
  const isKey = typeof apiKey === 'string' && apiKey.length <= 512;
  const caller = isKey ? await accounts.authenticate(apiKey) : null;
  if (caller === null) throw new LintelError('unauthenticated');
  return caller;
}
