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
} from '#contract';
import type { Webhook } from '#core/store';
import { signed } from '#core/webhooks';
import { callerOf } from '../../http/authentication.ts';
import { answers, done } from './envelope.ts';
import type { FaceSmashOptions } from './options.ts';

const OfWebhook = z.object({ id: z.string().min(1).max(128) });

/** Webhooks: addresses that receive an account's events. */
export function serveWebhooks(scope: FastifyInstance, { store, deliverer, poster }: FaceSmashOptions): void {
  const common = { tags: ['webhooks'], security: [{ bearer: [] }] };
  const config = { scope: 'admin', liveOnly: true } as const;

  scope.post<{ Body: z.infer<typeof SmashWebhookRequest> }>(
    '/v1/webhooks',
    {
      config,
      schema: {
        ...common,
        summary: 'Create a webhook',
        body: SmashWebhookRequest,
        response: answers(201, SmashWebhookCreated),
      },
    },
    async (request, reply) => {
      const { accountId } = callerOf(request);
      const { url, events, secret = `whsec_${randomBytes(32).toString('base64url')}` } = request.body;
      if (!poster.accepts(url)) throw new LintelError('webhook-url-invalid');
      const kinds = [...new Set(events)];
      const { webhooks } = store.as(`api:${accountId}`);
      const webhook = await webhooks.add(accountId, { url, kinds, secret });
      return reply.code(201).send(done(request, { ...described(webhook), secret }));
    },
  );

  scope.get(
    '/v1/webhooks',
    { config, schema: { ...common, summary: 'List webhooks', response: answers(200, SmashWebhooks) } },
    async (request) => {
      const webhooks = await store.webhooks.list(callerOf(request).accountId);
      return done(request, { webhooks: webhooks.map(described) });
    },
  );

  scope.delete<{ Params: z.infer<typeof OfWebhook> }>(
    '/v1/webhooks/:id',
    {
      config,
      schema: {
        ...common,
        summary: 'Delete a webhook, with what it was not told yet',
        params: OfWebhook,
        response: answers(200, SmashWebhookDeleted),
      },
    },
    async (request) => {
      const { accountId } = callerOf(request);
      const { id: webhookId } = request.params;
      await store.as(`api:${accountId}`).webhooks.remove(accountId, webhookId);
      return done(request, { deleted: true, webhookId });
    },
  );

  scope.post<{ Params: z.infer<typeof OfWebhook> }>(
    '/v1/webhooks/:id/verify',
    {
      config,
      schema: {
        ...common,
        summary: 'Send a test; where it is taken, a failing webhook goes on with what it missed',
        params: OfWebhook,
        response: answers(200, SmashWebhook),
      },
    },
    async (request) => {
      const { accountId } = callerOf(request);
      const { id: webhookId } = request.params;
      const { webhooks } = store.as(`api:${accountId}`);
      const { url, secret } = await webhooks.target(accountId, webhookId);
      const now = new Date();
      const body = JSON.stringify({ event: 'webhook.test', createdAt: now.toISOString(), data: {} });
      // One for all reasons: telling them apart would let a caller explore the network around the server.
      const status = await poster.post(url, signed(secret, body, now)).catch(() => 0);
      if (status < 200 || status > 299) throw new LintelError('webhook-failed');
      const webhook = await webhooks.resume(accountId, webhookId, now);
      deliverer.wake();
      return done(request, described(webhook));
    },
  );
}

const described = ({ webhookId, url, kinds, isFailing, createdAt }: Webhook) => ({
  id: webhookId,
  url,
  events: kinds,
  status: isFailing ? ('failing' as const) : ('active' as const),
  createdAt,
});
