import { z } from 'zod';
import { Direction, LintelError, type DeviceEvent, type DeviceEventQuery, type ToldEvent } from '#contract';
import { nameIn } from './named.ts';
import { RecordedTable } from './recorded-table.ts';
import type { DeviceEventStore } from '../stores.ts';
import { jsonColumn } from '../sql/json-column.ts';
import type { WriteTx } from '../sql/transactions.ts';

/** More than so many of one appliance are not kept, whatever the account says. The oldest make room. */
export const MOST_DEVICE_EVENTS = 100_000;

const DAY_MS = 86_400_000;

const Body = z.object({
  doorId: z.string().nullable(),
  direction: Direction.nullable(),
  reasons: z.array(z.string()),
  level: z.string().nullable(),
});
const Row = z.object({
  number: z.int(),
  event_id: z.string(),
  device_id: z.string(),
  at: z.string(),
  received_at: z.string(),
  kind: z.string(),
  outcome: z.string().nullable(),
  body: jsonColumn(Body),
  face_id: z.string().nullable(),
  collection_id: z.string().nullable(),
  external_id: z.string().nullable(),
  metadata: z.string().transform(nameIn).nullable(),
});
const DaysRow = z.object({ days: z.int() });

/**
 * What happened at the appliances of a server's accounts. An event holds the row of a face and nothing else of a person:
 * who it was is read there, and with the face it is forgotten. Changes of an account are recorded as one actor's.
 */
export class DeviceEventTable extends RecordedTable implements DeviceEventStore {
  /** Keep an event once, however often it comes. @param face its row; null: nobody */
  async add(
    tx: WriteTx,
    { account, deviceId }: { readonly account: string; readonly deviceId: string },
    { eventId, at, kind, outcome, doorId, direction, reasons, level }: ToldEvent,
    face: number | null,
    now: Date,
  ): Promise<void> {
    await tx.run(
      `INSERT INTO device_events (account, device_id, event_id, at, received_at, kind, outcome, face, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device_id, event_id) DO NOTHING`,
      [
        account,
        deviceId,
        eventId,
        new Date(at).toISOString(),
        now.toISOString(),
        kind,
        outcome,
        face,
        JSON.stringify({ doorId, direction, reasons, level }),
      ],
    );
  }

  /** Make room where an appliance has sent more than are kept of one. */
  async bound(tx: WriteTx, deviceId: string, most = MOST_DEVICE_EVENTS): Promise<void> {
    await tx.run(
      `DELETE FROM device_events WHERE device_id = @deviceId AND number <= (
         SELECT number FROM device_events WHERE device_id = @deviceId ORDER BY number DESC LIMIT 1 OFFSET @most)`,
      { deviceId, most },
    );
  }

  list(account: string, query: DeviceEventQuery): Promise<DeviceEvent[]> {
    const { before, limit, device_id, kind, outcome, face_id, collection_id, external_id, from, until } =
      query;
    const conditions = [
      ['number < @before', before],
      ['device_id = @device_id', device_id],
      ['kind = @kind', kind],
      ['outcome = @outcome', outcome],
      ['face_id = @face_id', face_id],
      ['collection_id = @collection_id', collection_id],
      ['external_key = @external_id', external_id],
      ['at >= @from', from],
      ['at < @until', until],
    ] as const;
    const asked = conditions.filter(([, value]) => value !== undefined);
    const values = Object.fromEntries(asked.map(([text, value]) => [text.split('@')[1]!, value!]));
    return this.sql.read(async (tx) => {
      // Of a collection that was deleted a moment ago, faces may still be there.
      const rows = await tx.all(
        `SELECT number, event_id, device_id, at, received_at, kind, outcome, body, face_id, collection_id,
           external_key AS external_id, metadata
         FROM device_events LEFT JOIN (
           SELECT faces.id, faces.face_id, external_key, metadata, collection_id, account AS owner
           FROM faces JOIN collections ON collections.id = faces.collection
         ) AS people ON people.id = face AND owner = account
         WHERE ${['account = @account', ...asked.map(([text]) => text)].join(' AND ')}
         ORDER BY number DESC LIMIT @limit`,
        { account, limit, ...values },
      );
      return rows.map((row) => toEvent(Row.parse(row)));
    });
  }

  keepFor(account: string, days: number): Promise<void> {
    return this.sql.write(async (tx) => {
      const changed = 'UPDATE accounts SET event_days = ? WHERE account_id = ?';
      const { changes } = await tx.run(changed, [days, account]);
      if (changes === 0) throw new LintelError('account-not-found');
      await this.audit.append(tx, this.actor, { kind: 'account-events-kept', account, days });
    });
  }

  /** Those that arrived while the clock was wrong are as old as the newest before them, at that account, of a time that can be. */
  prune({ earliest, now }: Record<'earliest' | 'now', Date>): Promise<number> {
    return this.sql.write(async (tx) => {
      const rows = await tx.all('SELECT DISTINCT event_days AS days FROM accounts', []);
      let removed = 0;
      for (const { days } of z.array(DaysRow).parse(rows)) {
        const { changes } = await tx.run(
          `DELETE FROM device_events WHERE number IN (
             SELECT event.number FROM (
               SELECT account, max(number) AS last FROM device_events
               WHERE received_at < @before AND received_at >= @earliest
                 AND account IN (SELECT account_id FROM accounts WHERE event_days = @days)
               GROUP BY account
             ) AS old JOIN device_events AS event ON event.account = old.account AND event.number <= old.last
             WHERE event.received_at < @before OR event.received_at > @now)`,
          {
            days,
            before: new Date(now.getTime() - days * DAY_MS).toISOString(),
            earliest: earliest.toISOString(),
            now: now.toISOString(),
          },
        );
        removed += changes;
      }
      return removed;
    });
  }
}

function toEvent({
  body: { doorId, ...body },
  face_id,
  collection_id,
  external_id,
  metadata: name,
  ...event
}: z.infer<typeof Row>): DeviceEvent {
  const person =
    face_id === null || collection_id === null ? null : { face_id, collection_id, external_id, name };
  return { ...event, ...body, door_id: doorId, person };
}
