import { randomBytes } from 'node:crypto';
import { LintelError, RETRIES_MS, type EventKind } from '#contract';
import type { Delivery, Webhook } from '../server-records.ts';
import type { WebhookStore } from '../stores.ts';
import { WEBHOOK_LIMITS } from '../tables/webhook-table.ts';
import { InMemory } from './in-memory.ts';
import type { DeliveryRow, WebhookRow } from './memory-rows.ts';

const DAY_MS = 86_400_000;

const isDue =
  (now: Date) =>
  ({ due }: { readonly due: number }): boolean =>
    due <= now.getTime() || due > now.getTime() + Math.max(...RETRIES_MS);

export class MemoryWebhooks extends InMemory implements WebhookStore {
  add(account: string, { url, kinds, secret }: { url: string; kinds: readonly EventKind[]; secret: string }) {
    return this.place.write(({ webhooks }) => {
      if (this.#of(account).length >= WEBHOOK_LIMITS.perAccount) throw new LintelError('too-many-webhooks');
      const id = this.place.nextId();
      const webhookId = `wh_${randomBytes(12).toString('hex')}`;
      const webhook = { webhookId, url, kinds: [...kinds], isFailing: false };
      const row = { ...webhook, id, account, secret, createdAt: new Date().toISOString() };
      webhooks.set(id, row);
      this.record({ kind: 'webhook-added', account, webhookId });
      return shown(row);
    });
  }

  list(account: string) {
    return this.place.read(() => this.#of(account).map(shown));
  }

  target(account: string, webhookId: string) {
    return this.place.read(() => {
      const { url, secret } = this.#get(account, webhookId);
      return { url, secret };
    });
  }

  remove(account: string, webhookId: string) {
    return this.place.write(({ webhooks, deliveries }) => {
      const { id } = this.#get(account, webhookId);
      webhooks.delete(id);
      for (const [number, { webhook }] of deliveries) if (webhook === id) deliveries.delete(number);
      this.record({ kind: 'webhook-removed', account, webhookId });
    });
  }

  resume(account: string, webhookId: string, now: Date) {
    return this.place.write(({ webhooks, deliveries }) => {
      const row = this.#get(account, webhookId);
      if (!row.isFailing) return shown(row);
      for (const [number, each] of deliveries) {
        if (each.webhook === row.id) deliveries.set(number, { ...each, attempts: 0, due: now.getTime() });
      }
      const next = { ...row, isFailing: false };
      webhooks.set(row.id, next);
      this.record({ kind: 'webhook-resumed', account, webhookId });
      return shown(next);
    });
  }

  prune(now: Date) {
    return this.place.write(({ deliveries }) => {
      const since = now.getTime() - WEBHOOK_LIMITS.days * DAY_MS;
      const old = [...deliveries.values()].filter(
        ({ announced }) => announced <= since || announced > now.getTime() + DAY_MS,
      );
      for (const { id } of old) deliveries.delete(id);
      if (old.length > 0) this.place.requireScrub();
      return old.length;
    });
  }

  waiting(now: Date) {
    return this.place.read(() => {
      const due = this.#heads().filter(isDue(now));
      const inOrder = new Set(due.toSorted((a, b) => a.due - b.due).map(({ webhook }) => webhook));
      return [...inOrder].map((webhook) => ({
        webhook,
        account: this.place.rows.webhooks.get(webhook)!.account,
      }));
    });
  }

  due(webhook: number, now: Date, limit: number) {
    return this.place.read(({ webhooks }) =>
      this.#heads()
        .filter((each) => each.webhook === webhook)
        .filter(isDue(now))
        .toSorted((a, b) => a.due - b.due || a.id - b.id)
        .slice(0, limit)
        .map(({ id, body, attempts, due }): Delivery => {
          const { url, secret } = webhooks.get(webhook)!;
          return { id, webhook, url, secret, body, attempts, due };
        }),
    );
  }

  next() {
    return this.place.read(() => {
      const due = this.#heads().map((each) => each.due);
      return due.length === 0 ? null : Math.min(...due);
    });
  }

  delivered(id: number) {
    return this.place.write(({ deliveries }) => void deliveries.delete(id));
  }

  refused(id: number, now: Date) {
    return this.place.write(({ deliveries, webhooks }) => {
      const delivery = deliveries.get(id);
      if (delivery === undefined) return;
      const { attempts, webhook } = delivery;
      const wait = RETRIES_MS[attempts];
      deliveries.set(id, { ...delivery, attempts: attempts + 1, due: now.getTime() + (wait ?? 0) });
      const row = webhooks.get(webhook)!;
      if (wait !== undefined || row.isFailing) return;
      webhooks.set(webhook, { ...row, isFailing: true });
      const { account, webhookId } = row;
      this.place.record('device', { kind: 'webhook-failing', account, webhookId });
    });
  }

  #of(account: string): WebhookRow[] {
    return [...this.place.rows.webhooks.values()].filter((webhook) => webhook.account === account);
  }

  #get(account: string, webhookId: string): WebhookRow {
    const found = this.#of(account).find((webhook) => webhook.webhookId === webhookId);
    if (found === undefined) throw new LintelError('webhook-not-found');
    return found;
  }

  /** Deliveries that nothing of the same subject comes before, at addresses that are not failing. */
  #heads(): DeliveryRow[] {
    const { deliveries, webhooks } = this.place.rows;
    const first = new Map<string, DeliveryRow>();
    for (const each of deliveries.values()) {
      const name = `${each.webhook} ${each.subject}`;
      if (!first.has(name)) first.set(name, each);
    }
    return [...first.values()].filter(({ webhook }) => !webhooks.get(webhook)!.isFailing);
  }
}

const shown = ({ webhookId, url, kinds, isFailing, createdAt }: WebhookRow): Webhook => ({
  webhookId,
  url,
  kinds,
  isFailing,
  createdAt,
});
