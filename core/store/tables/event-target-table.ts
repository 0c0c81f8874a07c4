import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { EventTargetOptions, LintelError, SiteEvent, SiteEventKind, type EventTarget } from '#contract';
import { LOCAL_ACCOUNT } from '../records.ts';
import { RecordedTable } from './recorded-table.ts';
import type { Delivery } from '../server-records.ts';
import type { EventTargetStore, NewEventTarget } from '../site-stores.ts';
import type { WaitingAddress } from '../stores.ts';
import { jsonColumn } from '../sql/json-column.ts';

const MOST_TARGETS = 20;
/** The rest after a target did not take an event: from the first, doubled each time, to the longest. Milliseconds. */
const REST = { first: 1_000, longest: 15 * 60_000 } as const;

const TargetRow = z.object({
  targetId: z.string(),
  url: z.string(),
  options: jsonColumn(EventTargetOptions),
  kinds: jsonColumn(z.array(SiteEventKind)).nullable(),
  createdAt: z.string(),
  attempts: z.int(),
  waiting: z.int(),
});
/** What a host is told of a visitor, as long as they are known. */
const VisitorNote = z.object({
  name: z.string(),
  host: z.string().nullable(),
  hostEmail: z.string().nullable(),
});
const DueRow = z.object({
  id: z.int(),
  target: z.int(),
  url: z.string(),
  secret: z.string(),
  attempts: z.int(),
  due: z.int(),
  number: z.int(),
  body: jsonColumn(SiteEvent),
  externalKey: z.string().nullable(),
  visitor: jsonColumn(VisitorNote).nullable(),
});
const CountRow = z.object({ count: z.int() });
const IdRow = z.object({ id: z.int() });
const NextRow = z.object({ due: z.int().nullable() });
const ReachRow = z.object({ options: jsonColumn(EventTargetOptions), secret: z.string() });

const TARGET = `target_id AS "targetId", url, options, kinds, created_at AS "createdAt", attempts,
  (SELECT count(*) FROM event_deliveries WHERE target = event_targets.id) AS waiting`;

/** What is due after the longest rest was refused by a clock that was ahead, and is due now. */
const IS_DUE = 'NOT due BETWEEN @now + 1 AND @now + @longest';

/** The oldest event that each target has yet to take: what comes after it waits, so that all arrive in order. */
const HEADS = `FROM event_targets JOIN event_deliveries ON event_deliveries.id =
  (SELECT min(id) FROM event_deliveries WHERE target = event_targets.id)`;

const dueAt = (now: Date) => ({ now: now.getTime(), longest: REST.longest });

/** Who is to hear of the events of an appliance, and what each has yet to take. Changes are recorded as one actor's. */
export class EventTargetTable extends RecordedTable implements EventTargetStore {
  add({ url, secret, options, kinds }: NewEventTarget): Promise<EventTarget> {
    return this.sql.write(async (tx) => {
      const { count } = CountRow.parse(await tx.get('SELECT count(*) AS count FROM event_targets', []));
      if (count >= MOST_TARGETS) throw new LintelError('too-many-event-targets');
      const targetId = `target_${randomBytes(8).toString('hex')}`;
      const { changes } = await tx.run(
        `INSERT OR IGNORE INTO event_targets (target_id, url, secret, options, kinds, created_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
        [
          targetId,
          url,
          secret,
          JSON.stringify(options),
          kinds && JSON.stringify(kinds),
          new Date().toISOString(),
        ],
      );
      if (changes === 0) throw new LintelError('event-target-exists');
      await this.audit.append(tx, this.actor, { kind: 'event-target-added', targetId });
      const found = `SELECT ${TARGET} FROM event_targets WHERE target_id = ?`;
      return TargetRow.parse(await tx.get(found, [targetId]));
    });
  }

  list(): Promise<EventTarget[]> {
    return this.sql.read(async (tx) =>
      (await tx.all(`SELECT ${TARGET} FROM event_targets ORDER BY id`, [])).map((row) =>
        TargetRow.parse(row),
      ),
    );
  }

  remove(targetId: string): Promise<void> {
    return this.sql.write(async (tx) => {
      const { changes } = await tx.run('DELETE FROM event_targets WHERE target_id = ?', [targetId]);
      if (changes === 0) throw new LintelError('event-target-not-found');
      await this.audit.append(tx, this.actor, { kind: 'event-target-removed', targetId });
    });
  }

  reach(url: string): Promise<{ options: EventTargetOptions; secret: string } | null> {
    return this.sql.read(async (tx) => {
      const row = await tx.get('SELECT options, secret FROM event_targets WHERE url = ?', [url]);
      return row === undefined ? null : ReachRow.parse(row);
    });
  }

  waiting(now: Date): Promise<WaitingAddress[]> {
    return this.sql.read(async (tx) =>
      (await tx.all(`SELECT event_targets.id AS id ${HEADS} WHERE ${IS_DUE} ORDER BY due`, dueAt(now))).map(
        (row) => ({ webhook: IdRow.parse(row).id, account: LOCAL_ACCOUNT }),
      ),
    );
  }

  due(target: number, now: Date): Promise<Delivery[]> {
    return this.sql.read(async (tx) =>
      (
        await tx.all(
          `SELECT event_deliveries.id AS id, target, url, secret, attempts, due, number, body, (
             SELECT external_key FROM collections JOIN faces ON faces.collection = collections.id
             WHERE account = '${LOCAL_ACCOUNT}' AND faces.face_id = site_events.face_id) AS "externalKey", (
             SELECT json_object('name', name, 'host', host, 'hostEmail', host_email)
             FROM visitors WHERE visitor_id = body ->> 'visitorId') AS visitor
           ${HEADS} JOIN site_events ON number = event WHERE event_targets.id = @target AND ${IS_DUE}`,
          { target, ...dueAt(now) },
        )
      ).map((row) => {
        const { target: webhook, body, number, externalKey, visitor, ...delivery } = DueRow.parse(row);
        const told = { ...body, number, externalKey, ...(visitor && { visitor }) };
        return { ...delivery, webhook, body: JSON.stringify(told) };
      }),
    );
  }

  next(): Promise<number | null> {
    return this.sql.read(
      async (tx) => NextRow.parse(await tx.get(`SELECT min(due) AS due ${HEADS}`, [])).due,
    );
  }

  delivered(id: number): Promise<void> {
    return this.sql.writeUnsynced(async (tx) => {
      const taken = 'DELETE FROM event_deliveries WHERE id = ? RETURNING target AS id';
      const row = await tx.get(taken, [id]);
      if (row === undefined) return;
      await tx.run('UPDATE event_targets SET attempts = 0, due = 0 WHERE id = ?', [IdRow.parse(row).id]);
    });
  }

  refused(id: number, now: Date): Promise<void> {
    return this.sql.write(async (tx) => {
      await tx.run(
        `UPDATE event_targets SET attempts = attempts + 1, due = @now + min(@longest, @first << min(attempts, 20))
         WHERE id = (SELECT target FROM event_deliveries WHERE id = @id)`,
        { id, now: now.getTime(), ...REST },
      );
    });
  }
}
