import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Direction, SiteEvent, type EventQuery, type KeptEvent } from '#contract';
import { LOCAL_ACCOUNT } from '../records.ts';
import type { NewSiteEvent, Passage, SiteEventStore } from '../stores.ts';
import type { Transactions } from '../sql/transactions.ts';

/** More than so many are not kept, whatever the policy says: some 100 MB. The oldest make room. */
const MOST = 200_000;

const Row = z.object({
  number: z.int(),
  body: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(SiteEvent),
  person: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.tuple([z.string().nullable(), z.string().nullable()]))
    .nullable(),
});
const PassageRow = z.object({ direction: Direction.nullable(), at: z.string() });

/** What is known of the person stands with the face alone, so that nothing of it is left here once that is erased. */
const KEPT = `SELECT number, body, (
    SELECT json_array(external_key, metadata ->> 'name')
    FROM collections JOIN faces ON faces.collection = collections.id
    WHERE account = '${LOCAL_ACCOUNT}' AND faces.face_id = site_events.face_id) AS person
  FROM site_events`;

/** What happens at an appliance, in order. */
export class SiteEventTable implements SiteEventStore {
  readonly #sql: Transactions;

  constructor(sql: Transactions) {
    this.#sql = sql;
  }

  add(event: NewSiteEvent): Promise<SiteEvent> {
    const added = { eventId: `evt_${randomBytes(16).toString('hex')}`, ...event };
    return this.#sql.write(async (tx) => {
      const number = await tx.insert(
        `INSERT INTO site_events (event_id, at, kind, outcome, face_id, direction, body)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        [
          added.eventId,
          added.at,
          added.kind,
          added.outcome,
          added.faceId,
          added.direction,
          JSON.stringify(added),
        ],
      );
      await tx.run(
        `INSERT INTO event_deliveries (target, event) SELECT id, ? FROM event_targets
         WHERE kinds IS NULL OR ? IN (SELECT value FROM json_each(kinds)) ORDER BY id`,
        [number, added.kind],
      );
      await tx.run('DELETE FROM site_events WHERE number <= ?', [number - MOST]);
      return added;
    });
  }

  list({ before, limit, kinds, outcomes, faceId, from, until }: EventQuery): Promise<KeptEvent[]> {
    return this.#sql.read(async (tx) => {
      const rows = await tx.all(
        `${KEPT} WHERE (@before IS NULL OR number < @before)
           AND (@kinds IS NULL OR kind IN (SELECT value FROM json_each(@kinds)))
           AND (@outcomes IS NULL OR outcome IN (SELECT value FROM json_each(@outcomes)))
           AND (@faceId IS NULL OR site_events.face_id = @faceId)
           AND (@from IS NULL OR at >= @from) AND (@until IS NULL OR at < @until)
         ORDER BY number DESC LIMIT @limit`,
        {
          before,
          kinds: kinds && JSON.stringify(kinds),
          outcomes: outcomes && JSON.stringify(outcomes),
          faceId,
          from,
          until,
          limit,
        },
      );
      return rows.map((row) => {
        const { number, body, person } = Row.parse(row);
        const [externalKey, name] = person ?? [null, null];
        return { ...body, number, externalKey, name };
      });
    });
  }

  lastPassage(faceId: string): Promise<Passage | null> {
    return this.#sql.read(async (tx) => {
      const row = await tx.get(
        `SELECT direction, at FROM site_events
         WHERE face_id = ? AND kind = 'decision' AND outcome = 'granted' ORDER BY number DESC LIMIT 1`,
        [faceId],
      );
      if (row === undefined) return null;
      const { direction, at } = PassageRow.parse(row);
      return { direction, at: new Date(at) };
    });
  }

  prune({ before, earliest, now }: Record<'before' | 'earliest' | 'now', Date>): Promise<number> {
    return this.#sql.write(async (tx) => {
      // Of times that cannot be, since the clock was wrong then: as old as the newest event before them that can be.
      const last = LastRow.parse(
        await tx.get(`SELECT max(number) AS number FROM site_events WHERE at < ? AND at >= ?`, [
          before.toISOString(),
          earliest.toISOString(),
        ]),
      ).number;
      if (last === null) return 0;
      return (
        await tx.run('DELETE FROM site_events WHERE number <= ? AND (at < ? OR at > ?)', [
          last,
          before.toISOString(),
          now.toISOString(),
        ])
      ).changes;
    });
  }
}

const LastRow = z.object({ number: z.int().nullable() });
