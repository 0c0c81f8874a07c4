import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  LintelError,
  SmashWebhook,
  SmashWebhookCreated,
  SmashWebhookDeleted,
  SmashWebhookRequest,
  SmashWebhooks,
  namedId,
} from '#contract';
import type { Webhook } from '#core/store';
import { signed } from '#core/webhooks';
import { endpoints } from '../../http/endpoints.ts';
import { FACESMASH } from './envelope.ts';
import type { FaceSmashOptions } from './options.ts';

const OfWebhook = z.object({ id: namedId(128) });

/** Webhooks: addresses that receive an account's events. */
export function serveWebhooks(scope: FastifyInstance, { store, deliverer, poster }: FaceSmashOptions): void {
  const serve = endpoints(scope, FACESMASH, {
    tag: 'webhooks',
    security: ['bearer'],
    config: { liveOnly: true },
  });

  serve('admin', 'POST /v1/webhooks', {
    summary: 'Create a webhook',
    body: SmashWebhookRequest,
    answers: { 201: SmashWebhookCreated },
    handle: async ({ body, accountId }) => {
      const { url, events, secret = `whsec_${randomBytes(32).toString('base64url')}` } = body;
      if (!poster.accepts(url)) throw new LintelError('webhook-url-invalid');
      const kinds = [...new Set(events)];
      const { webhooks } = store.as(`api:${accountId}`);
      const webhook = await webhooks.add(accountId, { url, kinds, secret });
      return { ...described(webhook), secret };
    },
  });

  serve('admin', 'GET /v1/webhooks', {
    summary: 'List webhooks',
    answers: { 200: SmashWebhooks },
    handle: async ({ accountId }) => {
      const webhooks = await store.webhooks.list(accountId);
      return { webhooks: webhooks.map(described) };
    },
  });

  serve('admin', 'DELETE /v1/webhooks/:id', {
    summary: 'Delete a webhook, with what it was not told yet',
    params: OfWebhook,
    answers: { 200: SmashWebhookDeleted },
    handle: async ({ params: { id: webhookId }, accountId }) => {
      await store.as(`api:${accountId}`).webhooks.remove(accountId, webhookId);
      return { deleted: true, webhookId };
    },
  });

  serve('admin', 'POST /v1/webhooks/:id/verify', {
    summary: 'Send a test; where it is taken, a failing webhook goes on with what it missed',
    params: OfWebhook,
    answers: { 200: SmashWebhook },
    handle: async ({ params: { id: webhookId }, accountId }) => {
      const { webhooks } = store.as(`api:${accountId}`);
      const { url, secret } = await webhooks.target(accountId, webhookId);
      const now = new Date();
      const body = JSON.stringify({ event: 'webhook.test', createdAt: now.toISOString(), data: {} });
      // One for all reasons: telling them apart would let a caller explore the network around the server.
      const status = await poster.post(url, signed(secret, body, now)).catch(() => 0);
      if (status < 200 || status > 299) throw new LintelError('webhook-failed');
      const webhook = await webhooks.resume(accountId, webhookId, now);
      deliverer.wake();
      return described(webhook);
    },
  });
}

const described = ({ webhookId, url, kinds, isFailing, createdAt }: Webhook) => ({
  id: webhookId,
  url,
  events: kinds,
  status: isFailing ? ('failing' as const) : ('active' as const),
  createdAt,
});
