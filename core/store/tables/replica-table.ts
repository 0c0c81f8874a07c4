import { randomBytes, randomInt } from 'node:crypto';
import { z } from 'zod';
import { LintelError } from '#contract';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

const StateRow = z.object({
  replicaId: z.string(),
  feedId: z.string().nullable(),
  number: z.int(),
  sent: z.int(),
  cursor: z.int(),
  /** Not 0 while everything is compared with the server: each comparison has another number. */
  comparing: z.int(),
  horizon: z.int(),
  /** The scope of all answers since everything was compared, as JSON text. */
  scope: z.string(),
  /** Number up to which the server has acknowledged operations. */
  acknowledged: z.int(),
});
export type ReplicaState = z.infer<typeof StateRow>;

const EventsRow = z.object({ newest: z.int(), from: z.int().nullable(), told: z.int() });

const FaceIdRow = z.object({ faceId: z.string() });

/** The part of a replica's state that an answer of the server depends on. */
export type Asked = Pick<ReplicaState, 'replicaId' | 'cursor' | 'comparing'>;

/**
 * How far an appliance is in step with its server: its replica, what the server listed in a comparison so far, and the
 * faces of which the server has more references.
 */
export class ReplicaTable {
  /** Null before the appliance has joined a server. */
  async state(tx: ReadTx, account: string): Promise<ReplicaState | null> {
    const row = await tx.get(
      `SELECT replica_id AS "replicaId", feed_id AS "feedId", number, sent, cursor, comparing, horizon, carried AS scope,
         coalesce((SELECT min(number) - 1 FROM outbox), number) AS acknowledged
       FROM replica WHERE account = ?`,
      [account],
    );
    return row === undefined ? null : StateRow.parse(row);
  }

  /** @throws `sync-not-joined` */
  async require(tx: ReadTx, account: string): Promise<ReplicaState> {
    const state = await this.state(tx, account);
    if (state === null) throw new LintelError('sync-not-joined');
    return state;
  }

  /** Begin a replica that the server does not know; everything is to be compared, and events after a number to be told. */
  async begin(tx: WriteTx, account: string, eventsFrom: number): Promise<void> {
    await tx.run(
      `INSERT INTO replica (account, replica_id, comparing, events_from, events_told) VALUES (?, ?, ?, ?, ?)`,
      [account, `rep_${randomBytes(16).toString('hex')}`, newComparison(), eventsFrom, eventsFrom],
    );
  }

  /** Numbers of events: the newest, that after which the server is to get them, and the last that it has; null: no server. */
  async events(tx: ReadTx, account: string): Promise<{ newest: number; from: number | null; told: number }> {
    return EventsRow.parse(
      await tx.get(
        `SELECT (SELECT coalesce(max(number), 0) FROM site_events) AS newest,
           (SELECT events_from FROM replica WHERE account = @account) AS "from",
           coalesce((SELECT events_told FROM replica WHERE account = @account), 0) AS told`,
        { account },
      ),
    );
  }

  /** The server has the events up to this number. */
  async eventsTold(tx: WriteTx, number: number): Promise<void> {
    await tx.run('UPDATE replica SET events_told = ? WHERE events_told < ?', [number, number]);
  }

  /** The server is to get no event up to this number. */
  async withholdEvents(tx: WriteTx, number: number): Promise<void> {
    await tx.run('UPDATE replica SET events_from = ?, events_told = ? WHERE events_told < ?', [
      number,
      number,
      number,
    ]);
  }

  /** The appliance left its server. */
  async forget(tx: WriteTx): Promise<void> {
    for (const table of ['replica_seen', 'replica_wanted', 'replica']) {
      await tx.run(`DELETE FROM ${table}`, []);
    }
  }

  /** Operations up to this number were sent. */
  async sent(tx: WriteTx, number: number): Promise<void> {
    await tx.run('UPDATE replica SET sent = ? WHERE sent < ?', [number, number]);
  }

  async setFeed(tx: WriteTx, feedId: string): Promise<void> {
    await tx.run('UPDATE replica SET feed_id = ?', [feedId]);
  }

  /** The server's changes up to `cursor` are here; `horizon` only of the first answer. */
  async taken(tx: WriteTx, cursor: number, feedId: string, horizon: number | null): Promise<void> {
    await tx.run('UPDATE replica SET cursor = ?, feed_id = ?', [cursor, feedId]);
    if (horizon !== null) await tx.run('UPDATE replica SET horizon = ?', [horizon]);
  }

  /** Compare everything from the start. @param scope JSON text of the scope; null: as before */
  async compareAll(tx: WriteTx, scope: string | null): Promise<void> {
    await tx.run('DELETE FROM replica_seen', []);
    await tx.run('DELETE FROM replica_wanted', []);
    await tx.run('UPDATE replica SET cursor = 0, comparing = ?, carried = coalesce(?, carried)', [
      newComparison(),
      scope,
    ]);
  }

  /** Everything was compared. */
  async endComparison(tx: WriteTx): Promise<void> {
    await tx.run('UPDATE replica SET comparing = 0', []);
    await tx.run('DELETE FROM replica_seen', []);
  }

  /** Whether no other process joined again, or began or ended a comparison, since the request to the server. */
  async isCurrent(tx: ReadTx, account: string, { replicaId, comparing }: Asked): Promise<boolean> {
    const found = 'SELECT 1 FROM replica WHERE account = ? AND replica_id = ? AND comparing = ?';
    return (await tx.get(found, [account, replicaId, comparing])) !== undefined;
  }

  /**
   * Whether that comparison is still on and an answer lists every face: it lacks a face whose operation another process
   * sent since.
   * @param applied number up to which operations were applied when the server answered
   */
  async isWhole(tx: ReadTx, account: string, comparison: number, applied: number): Promise<boolean> {
    const found =
      'SELECT 1 FROM replica WHERE account = ? AND comparing = ? AND comparing <> 0 AND sent <= ?';
    return (await tx.get(found, [account, comparison, applied])) !== undefined;
  }

  /** The server listed a record. Does nothing once another process ended that comparison or began another. */
  async see(
    tx: WriteTx,
    account: string,
    kind: 'collection' | 'face',
    id: string,
    comparison: number,
  ): Promise<void> {
    await tx.run(
      `INSERT INTO replica_seen (kind, id) SELECT ?, ? FROM replica
       WHERE account = ? AND comparing = ? AND comparing <> 0 ON CONFLICT DO NOTHING`,
      [kind, id, account, comparison],
    );
  }

  async hasSeen(tx: ReadTx, kind: 'collection' | 'face', id: string): Promise<boolean> {
    return (await tx.get('SELECT 1 FROM replica_seen WHERE kind = ? AND id = ?', [kind, id])) !== undefined;
  }

  /** The server listed a face, and deleted it later. */
  async unsee(tx: WriteTx, faceId: string): Promise<void> {
    await tx.run("DELETE FROM replica_seen WHERE kind = 'face' AND id = ?", [faceId]);
  }

  /** Faces of which the server has more references than this replica. */
  async wanted(tx: ReadTx, limit: number): Promise<string[]> {
    const rows = await tx.all('SELECT face_id AS "faceId" FROM replica_wanted LIMIT ?', [limit]);
    return z
      .array(FaceIdRow)
      .parse(rows)
      .map(({ faceId }) => faceId);
  }

  async want(tx: WriteTx, faceId: string): Promise<void> {
    await tx.run('INSERT INTO replica_wanted (face_id) VALUES (?) ON CONFLICT DO NOTHING', [faceId]);
  }

  async unwant(tx: WriteTx, faceId: string): Promise<void> {
    await tx.run('DELETE FROM replica_wanted WHERE face_id = ?', [faceId]);
  }
}

const newComparison = (): number => randomInt(1, 2 ** 47);
