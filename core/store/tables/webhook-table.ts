import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { EventKind, LintelError, RETRIES_MS, type Actor, type EventBody, type NewEvent } from '#contract';
import type { AuditTable } from './audit-table.ts';
import { RecordedTable } from './recorded-table.ts';
import type { Delivery, Webhook } from '../server-records.ts';
import type { WaitingAddress, WebhookStore } from '../stores.ts';
import { jsonColumn } from '../sql/json-column.ts';
import type { ReadTx, Transactions, WriteTx } from '../sql/transactions.ts';
import type { Tombstones } from './tombstones.ts';

/** The longest rest. Milliseconds. */
const LONGEST = Math.max(...RETRIES_MS);

/** Webhooks of one account, and events that wait for one of them, the oldest of which make room; none waits for more days. */
export const WEBHOOK_LIMITS = { perAccount: 20, waiting: 10_000, days: 7 } as const;

const DAY_MS = 86_400_000;

const WebhookRow = z.object({
  webhookId: z.string(),
  url: z.string(),
  kinds: jsonColumn(z.array(EventKind)),
  isFailing: z.int().transform(Boolean),
  createdAt: z.string(),
});

const DeliveryRow = z.object({
  id: z.int(),
  webhook: z.int(),
  url: z.string(),
  secret: z.string(),
  body: z.string(),
  attempts: z.int(),
  due: z.int(),
});

const WEBHOOK = 'webhook_id AS "webhookId", url, kinds, is_failing AS "isFailing", created_at AS "createdAt"';
const DELIVERY = 'deliveries.id, webhook, url, secret, body, attempts, due';
const CountRow = z.object({ count: z.int() });
const WaitingRow = z.object({ webhook: z.int(), account: z.string() });
const SubscriberRow = z.object({ id: z.int(), kinds: WebhookRow.shape.kinds });
const SecretRow = z.object({ secret: z.string(), url: z.string() });
const OwnerRow = z.object({ account: z.string(), webhookId: z.string() });

/** Deliveries that nothing of the same subject comes before, at addresses that are not failing. */
const HEADS = `FROM deliveries JOIN webhooks ON webhooks.id = webhook
  WHERE is_failing = 0 AND NOT EXISTS (SELECT 1 FROM deliveries AS earlier
    WHERE earlier.webhook = deliveries.webhook AND earlier.subject = deliveries.subject
      AND earlier.id < deliveries.id)`;

/** What is due after the longest rest was written by a clock that was ahead, and is due now. */
const IS_DUE = 'NOT due BETWEEN @soon AND @latest';

const dueAt = (now: Date) => ({ soon: now.getTime() + 1, latest: now.getTime() + LONGEST });

/**
 * Webhooks of accounts, and the outbox of what they are to hear: an event is written with the change that it tells of, one
 * row for each address, and stays until it was taken, its face is deleted, or it has waited for `WEBHOOK_LIMITS.days`. Changes of webhooks are recorded as one actor's.
 */
export class WebhookTable extends RecordedTable implements WebhookStore {
  readonly #tombstones: Tombstones;

  constructor(sql: Transactions, audit: AuditTable, tombstones: Tombstones, actor: Actor) {
    super(sql, audit, actor);
    this.#tombstones = tombstones;
  }

  add(
    account: string,
    webhook: { readonly url: string; readonly kinds: readonly EventKind[]; readonly secret: string },
  ): Promise<Webhook> {
    return this.sql.write(async (tx) => {
      const counted = 'SELECT count(*) AS count FROM webhooks WHERE account = ?';
      if (CountRow.parse(await tx.get(counted, [account])).count >= WEBHOOK_LIMITS.perAccount) {
        throw new LintelError('too-many-webhooks');
      }
      const webhookId = `wh_${randomBytes(12).toString('hex')}`;
      await tx.run(
        'INSERT INTO webhooks (webhook_id, account, url, kinds, secret, created_at) VALUES (?, ?, ?, ?, ?, ?)',
        [
          webhookId,
          account,
          webhook.url,
          JSON.stringify(webhook.kinds),
          webhook.secret,
          new Date().toISOString(),
        ],
      );
      await this.audit.append(tx, this.actor, { kind: 'webhook-added', account, webhookId });
      return await this.#get(tx, account, webhookId);
    });
  }

  list(account: string): Promise<Webhook[]> {
    return this.sql.read(async (tx) =>
      z
        .array(WebhookRow)
        .parse(await tx.all(`SELECT ${WEBHOOK} FROM webhooks WHERE account = ? ORDER BY id`, [account])),
    );
  }

  target(account: string, webhookId: string): Promise<{ url: string; secret: string }> {
    return this.sql.read(async (tx) => {
      const found = 'SELECT url, secret FROM webhooks WHERE account = ? AND webhook_id = ?';
      const row = await tx.get(found, [account, webhookId]);
      if (row === undefined) throw new LintelError('webhook-not-found');
      return SecretRow.parse(row);
    });
  }

  remove(account: string, webhookId: string): Promise<void> {
    return this.sql.write(async (tx) => {
      const removed = 'DELETE FROM webhooks WHERE account = ? AND webhook_id = ?';
      if ((await tx.run(removed, [account, webhookId])).changes === 0) {
        throw new LintelError('webhook-not-found');
      }
      await this.audit.append(tx, this.actor, { kind: 'webhook-removed', account, webhookId });
    });
  }

  resume(account: string, webhookId: string, now: Date): Promise<Webhook> {
    return this.sql.write(async (tx) => {
      const { isFailing } = await this.#get(tx, account, webhookId);
      if (isFailing) {
        await tx.run(
          `UPDATE deliveries SET attempts = 0, due = ?
           WHERE webhook = (SELECT id FROM webhooks WHERE webhook_id = ?)`,
          [now.getTime(), webhookId],
        );
        await tx.run('UPDATE webhooks SET is_failing = 0 WHERE webhook_id = ?', [webhookId]);
        await this.audit.append(tx, this.actor, { kind: 'webhook-resumed', account, webhookId });
      }
      return await this.#get(tx, account, webhookId);
    });
  }

  /**
   * Queue events for every webhook that subscribes to their kind.
   * @param subject the user the events are about; events of one subject arrive in order
   */
  async announce(
    tx: WriteTx,
    account: string,
    subject: string,
    events: readonly NewEvent[],
    now: Date,
  ): Promise<void> {
    if (events.length === 0) return;
    const rows = await tx.all('SELECT id, kinds FROM webhooks WHERE account = ? ORDER BY id', [account]);
    const subscribers = z.array(SubscriberRow).parse(rows);
    for (const { kind, data } of events) {
      const id = `evt_${randomBytes(16).toString('hex')}`;
      const body = { id, event: kind, createdAt: now.toISOString(), data } satisfies EventBody;
      for (const webhook of subscribers.filter(({ kinds }) => kinds.includes(kind))) {
        await tx.run(
          `INSERT INTO deliveries (webhook, account, subject, body, due, announced)
           VALUES (@webhook, @account, @subject, @body, @at, @at)`,
          { webhook: webhook.id, account, subject, body: JSON.stringify(body), at: now.getTime() },
        );
        await this.#makeRoom(tx, webhook.id);
      }
    }
  }

  prune(now: Date): Promise<number> {
    return this.sql.write(async (tx) => {
      // What was written by a clock that was far ahead would stay for as long.
      const { changes } = await tx.run(
        'DELETE FROM deliveries WHERE NOT announced BETWEEN @since AND @until',
        {
          since: now.getTime() - WEBHOOK_LIMITS.days * DAY_MS + 1,
          until: now.getTime() + DAY_MS,
        },
      );
      if (changes > 0) await this.#tombstones.requireScrub(tx);
      return changes;
    });
  }

  waiting(now: Date): Promise<WaitingAddress[]> {
    return this.sql.read(async (tx) =>
      z.array(WaitingRow).parse(
        await tx.all(
          `SELECT webhook, webhooks.account AS account ${HEADS} AND ${IS_DUE}
           GROUP BY webhook, webhooks.account ORDER BY min(due)`,
          dueAt(now),
        ),
      ),
    );
  }

  due(webhook: number, now: Date, limit: number): Promise<Delivery[]> {
    return this.sql.read(async (tx) =>
      z.array(DeliveryRow).parse(
        await tx.all(
          `SELECT ${DELIVERY} ${HEADS} AND webhook = @webhook AND ${IS_DUE}
             ORDER BY due, deliveries.id LIMIT @limit`,
          { webhook, limit, ...dueAt(now) },
        ),
      ),
    );
  }

  next(): Promise<number | null> {
    return this.sql.read(
      async (tx) => NextRow.parse(await tx.get(`SELECT min(due) AS due ${HEADS}`, [])).due,
    );
  }

  delivered(id: number): Promise<void> {
    return this.sql.writeUnsynced(
      async (tx) => void (await tx.run('DELETE FROM deliveries WHERE id = ?', [id])),
    );
  }

  refused(id: number, now: Date): Promise<void> {
    return this.sql.write(async (tx) => {
      const row = await tx.get(
        `SELECT ${DELIVERY} FROM deliveries JOIN webhooks ON webhooks.id = webhook WHERE deliveries.id = ?`,
        [id],
      );
      // Removed meanwhile.
      if (row === undefined) return;
      const { attempts, webhook } = DeliveryRow.parse(row);
      const wait = RETRIES_MS[attempts];
      await tx.run('UPDATE deliveries SET attempts = attempts + 1, due = ? WHERE id = ?', [
        now.getTime() + (wait ?? 0),
        id,
      ]);
      if (wait !== undefined) return;
      const failing = await tx.get(
        `UPDATE webhooks SET is_failing = 1 WHERE id = ? AND is_failing = 0
         RETURNING account, webhook_id AS "webhookId"`,
        [webhook],
      );
      if (failing === undefined) return;
      await this.audit.append(tx, 'device', { kind: 'webhook-failing', ...OwnerRow.parse(failing) });
    });
  }

  async #makeRoom(tx: WriteTx, webhook: number): Promise<void> {
    await tx.run(
      `DELETE FROM deliveries WHERE webhook = ? AND id <= (
         SELECT id FROM deliveries WHERE webhook = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
      [webhook, webhook, WEBHOOK_LIMITS.waiting],
    );
  }

  async #get(tx: ReadTx, account: string, webhookId: string): Promise<Webhook> {
    const found = `SELECT ${WEBHOOK} FROM webhooks WHERE account = ? AND webhook_id = ?`;
    const row = await tx.get(found, [account, webhookId]);
    if (row === undefined) throw new LintelError('webhook-not-found');
    return WebhookRow.parse(row);
  }
}

const NextRow = z.object({ due: z.int().nullable() });
