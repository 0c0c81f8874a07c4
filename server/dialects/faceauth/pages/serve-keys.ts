import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  LintelError,
  PageOrigins,
  PageOriginsAnswer,
  PageToken,
  PageTokenRequest,
  Proof,
  ProofRequest,
  namedId,
} from '#contract';
import { PageAccess } from '#core/accounts';
import { callerOf, requireScope } from '../../../http/authentication.ts';
import { endpoints } from '../../../http/endpoints.ts';
import type { DialectOptions } from '../../options.ts';
import { FACEAUTH } from '../envelope.ts';
import type { PageVisits } from './page-visits.ts';

const OfToken = z.object({ token_id: namedId(64) });
const Revoked = z.object({ success: z.literal(true) });

/** What the server of a site does with its API key, so that its pages need none. */
export function servePageKeys(
  scope: FastifyInstance,
  { store }: Pick<DialectOptions, 'store'>,
  visits: PageVisits,
): void {
  const serve = endpoints(scope, FACEAUTH, { tag: 'widget', security: ['apiKey', 'bearer'] });
  const accessOf = (accountId: string): PageAccess => new PageAccess(store.as(`api:${accountId}`));

  serve('read', 'GET /api/v1/widget/origins', {
    summary: 'The origins of your key',
    answers: { 200: PageOriginsAnswer },
    handle: async ({ request }) => {
      const { accountId, keyId } = callerOf(request);
      return { success: true, origins: await accessOf(accountId).origins(keyId) };
    },
  });

  serve('admin', 'PUT /api/v1/widget/origins', {
    summary: 'Set the origins of your key',
    body: PageOrigins,
    answers: { 200: PageOriginsAnswer },
    handle: async ({ body, request }) => {
      const { accountId, keyId } = callerOf(request);
      const origins = await accessOf(accountId).setOrigins(keyId, body.origins);
      return { success: true, origins };
    },
  });

  serve('read', 'POST /api/v1/widget/tokens', {
    summary: 'Make a short-lived token for a page',
    description: 'To be called by the server of the site. To enroll takes a key with the scope write.',
    body: PageTokenRequest,
    answers: { 201: PageToken },
    handle: async ({ body, request }) => {
      const caller = callerOf(request);
      const { origin, purpose, user_id: user = null, uses, expires_in: seconds } = body;
      if (purpose === 'enroll') requireScope(caller, 'write');
      const asked = { origin, purpose, user, uses, seconds };
      const { token, claims } = await accessOf(caller.accountId).issue(caller, asked);
      const expires_at = new Date(claims.exp * 1000).toISOString();
      return { success: true, token, token_id: claims.jti, expires_at };
    },
  });

  serve('read', 'DELETE /api/v1/widget/tokens/:token_id', {
    summary: 'Revoke a token, from its next visit on',
    params: OfToken,
    answers: { 200: Revoked },
    handle: async ({ params, accountId }) => {
      const wasThere = await accessOf(accountId).revoke(accountId, params.token_id);
      if (!wasThere) throw new LintelError('key-not-found', '(No token of this id is in use.)');
      return { success: true };
    },
  });

  serve('read', 'POST /api/v1/widget/proofs', {
    summary: 'Redeem what a page was given for a visit, once, within five minutes',
    body: ProofRequest,
    answers: { 200: Proof },
    handle: ({ body, accountId }) => visits.redeem(accountId, body.proof),
  });
}
