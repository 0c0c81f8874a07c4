import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { LintelError, MOST_VISITORS, Present, Visitor, type NewVisitor, type SiteEvent } from '#contract';
import type { WriteTx, Transactions } from '../sql/transactions.ts';
import { LOCAL_ACCOUNT } from '../records.ts';
import type { VisitorQuery, VisitorStore } from '../site-stores.ts';
import { PASSED, PASSED_FOR_CERTAIN } from './passed.ts';
import type { Tombstones } from './tombstones.ts';

const VISITOR = `visitor_id AS "visitorId", name, host, host_email AS "hostEmail", valid_from AS "from",
  valid_until AS until, signed_in_at AS "signedInAt", signed_out_at AS "signedOutAt"`;

const IS_HERE = 'signed_in_at IS NOT NULL AND signed_out_at IS NULL';

/** SQL of what somebody decided about a visitor, or noted of them, but for decisions after which the door did not open. */
const NOTED = `site_events AS passage
  WHERE body ->> 'visitorId' = @visitorId AND kind <> 'door-fault' AND ${PASSED_FOR_CERTAIN}`;

const lastIn = (column: 'at' | 'number'): string =>
  `(SELECT ${column} FROM ${NOTED} AND direction = 'in' AND outcome = 'granted' ORDER BY number DESC LIMIT 1)`;
const firstOut = (after: string): string =>
  `(SELECT at FROM ${NOTED} AND direction = 'out' AND coalesce(outcome, 'granted') = 'granted' AND number > ${after}
    ORDER BY number LIMIT 1)`;
const grant = (column: 'at' | 'number'): string =>
  `(SELECT ${column} FROM site_events WHERE event_id = @grantId)`;

const CountRow = z.object({ count: z.int() });

/** Who is expected at an appliance, and who of them is here. */
export class VisitorTable implements VisitorStore {
  readonly #sql: Transactions;
  readonly #tombstones: Tombstones;

  constructor(sql: Transactions, tombstones: Tombstones) {
    this.#sql = sql;
    this.#tombstones = tombstones;
  }

  add({ name, host, hostEmail, from, until }: NewVisitor, codeHash: Uint8Array): Promise<Visitor | null> {
    return this.#sql.write(async (tx) => {
      const { count } = CountRow.parse(await tx.get('SELECT count(*) AS count FROM visitors', []));
      if (count >= MOST_VISITORS) throw new LintelError('too-many-visitors');
      const visitorId = `guest_${randomBytes(16).toString('hex')}`;
      const { changes } = await tx.run(
        `INSERT OR IGNORE INTO visitors (visitor_id, name, host, host_email, valid_from, valid_until, code_hash)
         SELECT @visitorId, @name, @host, @hostEmail, @from, @until, @hash
         WHERE NOT EXISTS (SELECT 1 FROM faces WHERE code_hash = @hash)`,
        { visitorId, name, host, hostEmail, from, until, hash: Buffer.from(codeHash) },
      );
      if (changes === 0) return null;
      return Visitor.parse(await tx.get(`SELECT ${VISITOR} FROM visitors WHERE visitor_id = ?`, [visitorId]));
    });
  }

  list({ limit, offset }: VisitorQuery): Promise<{ visitors: Visitor[]; total: number }> {
    return this.#sql.read(async (tx) => {
      // Those who are here first, then by when they are expected, the latest first.
      const rows = await tx.all(
        `SELECT ${VISITOR} FROM visitors ORDER BY ${IS_HERE} DESC, valid_from DESC, id DESC LIMIT ? OFFSET ?`,
        [limit, offset],
      );
      const { count } = CountRow.parse(await tx.get('SELECT count(*) AS count FROM visitors', []));
      return { visitors: rows.map((row) => Visitor.parse(row)), total: count };
    });
  }

  get(visitorId: string): Promise<Visitor> {
    return this.#sql.read(async (tx) => {
      const row = await tx.get(`SELECT ${VISITOR} FROM visitors WHERE visitor_id = ?`, [visitorId]);
      if (row === undefined) throw new LintelError('visitor-not-found');
      return Visitor.parse(row);
    });
  }

  withCode(codeHash: Uint8Array): Promise<Visitor | null> {
    return this.#sql.read(async (tx) => {
      const row = await tx.get(`SELECT ${VISITOR} FROM visitors WHERE code_hash = ?`, [
        Buffer.from(codeHash),
      ]);
      return row === undefined ? null : Visitor.parse(row);
    });
  }

  present(since: Date): Promise<Present[]> {
    return this.#sql.read(async (tx) => {
      const visitors = await tx.all(
        `SELECT 'visitor' AS kind, visitor_id AS id, name, host, signed_in_at AS since FROM visitors WHERE ${IS_HERE}`,
        [],
      );
      // Of each person the last passage that has a way. Who may have come in may be here, and so may who may have left.
      const people = await tx.all(
        `SELECT 'person' AS kind, face_id AS id, name, NULL AS host, at AS since FROM (
           SELECT passage.face_id, metadata ->> '$.name' AS name, at, direction, max(number)
           FROM site_events AS passage JOIN faces ON faces.face_id = passage.face_id
             JOIN collections ON collections.id = faces.collection AND account = '${LOCAL_ACCOUNT}'
           WHERE ${PASSED} AND (direction = 'in' OR (direction = 'out' AND ${PASSED_FOR_CERTAIN}))
           GROUP BY passage.face_id)
         WHERE direction = 'in' AND at >= ?`,
        [since.toISOString()],
      );
      const all = [...visitors, ...people].map((row) => Present.parse(row));
      return all.toSorted((a, b) => (a.name ?? '').localeCompare(b.name ?? ''));
    });
  }

  remove(visitorId: string): Promise<void> {
    return this.#sql.write(async (tx) => {
      const { changes } = await tx.run('DELETE FROM visitors WHERE visitor_id = ?', [visitorId]);
      if (changes === 0) throw new LintelError('visitor-not-found');
      await this.#tombstones.requireScrub(tx);
    });
  }

  prune(before: Date): Promise<number> {
    return this.#sql.write(async (tx) => {
      const { changes } = await tx.run('DELETE FROM visitors WHERE valid_until < ?', [before.toISOString()]);
      if (changes > 0) await this.#tombstones.requireScrub(tx);
      return changes;
    });
  }

  /** Notes who came or went, in the transaction of the event that says so. */
  static async follow(
    tx: WriteTx,
    { kind, visitorId, direction, outcome, at, grantId }: SiteEvent,
  ): Promise<void> {
    // Who was denied has gone nowhere: the direction is the door's then. An operator's word and a fault have no outcome.
    if (visitorId === undefined || (outcome !== null && outcome !== 'granted')) return;
    if (kind === 'door-fault') {
      // The door did not open: what is noted of that decision gives way to what would be noted without it.
      const [noted, without] =
        direction === 'out'
          ? ['signed_out_at', `signed_out_at = ${firstOut(grant('number'))}`]
          : ['signed_in_at', `signed_in_at = ${lastIn('at')}, signed_out_at = ${firstOut(lastIn('number'))}`];
      await tx.run(
        `UPDATE visitors SET ${without} WHERE visitor_id = @visitorId AND ${noted} = ${grant('at')}`,
        { visitorId, grantId: grantId ?? null },
      );
    } else if (direction === 'out') {
      await tx.run(`UPDATE visitors SET signed_out_at = ? WHERE visitor_id = ? AND ${IS_HERE}`, [
        at,
        visitorId,
      ]);
    } else if (direction === 'in' && outcome === 'granted') {
      await tx.run('UPDATE visitors SET signed_in_at = ?, signed_out_at = NULL WHERE visitor_id = ?', [
        at,
        visitorId,
      ]);
    }
  }
}
