import { z } from 'zod';
import { Direction, SiteEvent, SiteEventKind, type EventQuery, type KeptEvent } from '#contract';
import { LOCAL_ACCOUNT, newEventId } from '../records.ts';
import type { EventTally, NewSiteEvent, Passage, SiteEventStore, ToldFault } from '../site-stores.ts';
import { jsonColumn } from '../sql/json-column.ts';
import { PASSED, PASSED_FOR_CERTAIN } from './passed.ts';
import { VisitorTable } from './visitor-table.ts';
import type { ReadTx, Transactions } from '../sql/transactions.ts';

/** More than so many are not kept, whatever the policy says: some 100 MB. The oldest make room. */
const MOST = 200_000;

const Row = z.object({
  number: z.int(),
  body: jsonColumn(SiteEvent),
  person: jsonColumn(z.tuple([z.string().nullable(), z.string().nullable()])).nullable(),
});
const NumberedRow = z.object({ number: z.int(), body: jsonColumn(z.unknown()) });
const TallyRow = z.object({
  kind: SiteEventKind,
  outcome: SiteEvent.shape.outcome,
  level: SiteEvent.shape.level,
  count: z.int(),
});
const FaultRow = z.object({ at: z.string(), detail: z.string().nullable() });
const FaceIdRow = z.object({ faceId: z.string() });
const PassageRow = z.object({
  eventId: z.string(),
  direction: Direction.nullable(),
  at: z.string(),
  isCertain: z.int(),
});

/** More days than anything is kept for. */
const NEVER = 1_000_000;

/** What is known of the person stands with the face alone, so that nothing of it is left here once that is erased. */
const KEPT = `SELECT number, body, (
    SELECT json_array(external_key, metadata ->> 'name')
    FROM collections JOIN faces ON faces.collection = collections.id
    WHERE account = '${LOCAL_ACCOUNT}' AND faces.face_id = site_events.face_id
    UNION ALL SELECT json_array(NULL, name) FROM visitors WHERE visitor_id = body ->> 'visitorId') AS person
  FROM site_events`;

/** What happens at an appliance, in order. */
export class SiteEventTable implements SiteEventStore {
  readonly #sql: Transactions;

  constructor(sql: Transactions) {
    this.#sql = sql;
  }

  add(event: NewSiteEvent): Promise<SiteEvent> {
    const added = { ...event, eventId: event.eventId ?? newEventId() };
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
        'number',
      );
      await tx.run(
        `INSERT INTO event_deliveries (target, event) SELECT id, ? FROM event_targets
         WHERE kinds IS NULL OR ? IN (SELECT value FROM json_each(kinds)) ORDER BY id`,
        [number, added.kind],
      );
      await VisitorTable.follow(tx, added);
      if (added.faceId !== null) {
        await tx.run(
          `INSERT INTO last_seen (face, at) SELECT faces.id, @at
           FROM collections JOIN faces ON faces.collection = collections.id
           WHERE account = '${LOCAL_ACCOUNT}' AND faces.face_id = @faceId
           ON CONFLICT (face) DO UPDATE SET at = excluded.at WHERE excluded.at > last_seen.at`,
          { at: added.at, faceId: added.faceId },
        );
      }
      await tx.run('DELETE FROM site_events WHERE number <= ?', [number - MOST]);
      return added;
    });
  }

  /** Those after a number and up to another, oldest first, as they were written: another version may have done so. */
  async between(
    tx: ReadTx,
    after: number,
    upTo: number,
    limit: number,
  ): Promise<{ number: number; body: unknown }[]> {
    const rows = await tx.all(
      'SELECT number, body FROM site_events WHERE number > ? AND number <= ? ORDER BY number LIMIT ?',
      [after, upTo, limit],
    );
    return z.array(NumberedRow).parse(rows);
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

  tally(from: string | null, until: string | null): Promise<EventTally[]> {
    return this.#sql.read(async (tx) => {
      const rows = await tx.all(
        `SELECT kind, outcome, body ->> 'level' AS level, count(*) AS count FROM site_events
         WHERE (@from IS NULL OR at >= @from) AND (@until IS NULL OR at < @until) GROUP BY 1, 2, 3`,
        { from, until },
      );
      return rows.map((row) => TallyRow.parse(row));
    });
  }

  faultsSinceMended(doorId: string): Promise<ToldFault[]> {
    return this.#sql.read(async (tx) => {
      // SQLite takes `at` from the row of the least number.
      const rows = await tx.all(
        `WITH told AS (
           SELECT number, at, kind, body ->> 'detail' AS detail FROM site_events
           WHERE kind IN ('door-fault', 'door-mended') AND body ->> 'doorId' = @doorId)
         SELECT detail, at, min(number) AS first FROM told
         WHERE kind = 'door-fault'
           AND number > coalesce((SELECT max(number) FROM told WHERE kind = 'door-mended'), 0)
         GROUP BY detail ORDER BY first`,
        { doorId },
      );
      return z.array(FaultRow).parse(rows);
    });
  }

  lastPassage(id: string, takenBack: readonly string[] = []): Promise<Passage | null> {
    const whose = id.startsWith('card_') ? "body ->> 'cardId'" : 'face_id';
    return this.#sql.read(async (tx) => {
      const row = await tx.get(
        `SELECT event_id AS "eventId", direction, at, ${PASSED_FOR_CERTAIN} AS "isCertain" FROM site_events AS passage
         WHERE ${whose} = @id AND ${PASSED} AND event_id NOT IN (SELECT value FROM json_each(@takenBack))
         ORDER BY number DESC LIMIT 1`,
        { id, takenBack: JSON.stringify(takenBack) },
      );
      if (row === undefined) return null;
      const { at, isCertain, ...passage } = PassageRow.parse(row);
      return { ...passage, at: new Date(at), isCertain: isCertain === 1 };
    });
  }

  unseen(days: number | null, { earliest, now }: Record<'earliest' | 'now', Date>): Promise<string[]> {
    return this.#sql.read(async (tx) => {
      const rows = await tx.all(
        `SELECT face_id AS "faceId" FROM (
           SELECT face_id,
             min(coalesce(@days, ${NEVER}), coalesce(metadata ->> '$.consent.termDays', ${NEVER})) AS term,
             max(faces.created_at, coalesce(at, ''), coalesce(metadata ->> '$.consent.givenAt', ''), coalesce(
               (SELECT max(created_at) FROM face_references WHERE face_references.face = faces.id), '')) AS seen
           FROM collections JOIN faces ON faces.collection = collections.id
             LEFT JOIN last_seen ON last_seen.face = faces.id
           WHERE account = '${LOCAL_ACCOUNT}')
         WHERE seen >= @earliest AND julianday(@now) - julianday(seen) >= term`,
        { days, earliest: earliest.toISOString(), now: now.toISOString() },
      );
      return rows.map((row) => FaceIdRow.parse(row).faceId);
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
