import { randomBytes, randomInt } from 'node:crypto';
import { z } from 'zod';
import { LintelError } from '#contract';
import type { ReadTx, WriteTx } from '../file/transactions.ts';

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

const FaceIdRow = z.object({ faceId: z.string() });

/** The part of a replica's state that an answer of the server depends on. */
export type Asked = Pick<ReplicaState, 'replicaId' | 'cursor' | 'comparing'>;

/**
 * How far an appliance is in step with its server: its replica, what the server listed in a comparison so far, and the
 * faces of which the server has more references.
 */
export class ReplicaTable {
  /** Null before the appliance has joined a server. */
  state(tx: ReadTx, account: string): ReplicaState | null {
    const row = tx.get(
      `SELECT replica_id AS replicaId, feed_id AS feedId, number, sent, cursor, comparing, horizon, carried AS scope,
         coalesce((SELECT min(number) - 1 FROM outbox), number) AS acknowledged
       FROM replica WHERE account = ?`,
      [account],
    );
    return row === undefined ? null : StateRow.parse(row);
  }

  /** @throws `sync-not-joined` */
  require(tx: ReadTx, account: string): ReplicaState {
    const state = this.state(tx, account);
    if (state === null) throw new LintelError('sync-not-joined');
    return state;
  }

  /** Begin a replica that the server does not know; everything is to be compared. */
  begin(tx: WriteTx, account: string): void {
    tx.run('INSERT INTO replica (account, replica_id, comparing) VALUES (?, ?, ?)', [
      account,
      `rep_${randomBytes(16).toString('hex')}`,
      newComparison(),
    ]);
  }

  /** The appliance left its server. */
  forget(tx: WriteTx): void {
    for (const table of ['replica_seen', 'replica_wanted', 'replica']) {
      tx.run(`DELETE FROM ${table}`, []);
    }
  }

  /** Operations up to this number were sent. */
  sent(tx: WriteTx, number: number): void {
    tx.run('UPDATE replica SET sent = max(sent, ?)', [number]);
  }

  setFeed(tx: WriteTx, feedId: string): void {
    tx.run('UPDATE replica SET feed_id = ?', [feedId]);
  }

  /** The server's changes up to `cursor` are here; `horizon` only of the first answer. */
  taken(tx: WriteTx, cursor: number, feedId: string, horizon: number | null): void {
    tx.run('UPDATE replica SET cursor = ?, feed_id = ?', [cursor, feedId]);
    if (horizon !== null) tx.run('UPDATE replica SET horizon = ?', [horizon]);
  }

  /** Compare everything from the start. @param scope JSON text of the scope; null: as before */
  compareAll(tx: WriteTx, scope: string | null): void {
    tx.run('DELETE FROM replica_seen', []);
    tx.run('DELETE FROM replica_wanted', []);
    tx.run('UPDATE replica SET cursor = 0, comparing = ?, carried = coalesce(?, carried)', [
      newComparison(),
      scope,
    ]);
  }

  /** Everything was compared. */
  endComparison(tx: WriteTx): void {
    tx.run('UPDATE replica SET comparing = 0', []);
    tx.run('DELETE FROM replica_seen', []);
  }

  /** Whether no other process joined again, or began or ended a comparison, since the request to the server. */
  isCurrent(tx: ReadTx, account: string, { replicaId, comparing }: Asked): boolean {
    const found = 'SELECT 1 FROM replica WHERE account = ? AND replica_id = ? AND comparing = ?';
    return tx.get(found, [account, replicaId, comparing]) !== undefined;
  }

  /**
   * Whether that comparison is still on and an answer lists every face: it lacks a face whose operation another process
   * sent since.
   * @param applied number up to which operations were applied when the server answered
   */
  isWhole(tx: ReadTx, account: string, comparison: number, applied: number): boolean {
    const found =
      'SELECT 1 FROM replica WHERE account = ? AND comparing = ? AND comparing <> 0 AND sent <= ?';
    return tx.get(found, [account, comparison, applied]) !== undefined;
  }

  /** The server listed a record. Does nothing once another process ended that comparison or began another. */
  see(tx: WriteTx, account: string, kind: 'collection' | 'face', id: string, comparison: number): void {
    tx.run(
      `INSERT INTO replica_seen (kind, id) SELECT ?, ? FROM replica
       WHERE account = ? AND comparing = ? AND comparing <> 0 ON CONFLICT DO NOTHING`,
      [kind, id, account, comparison],
    );
  }

  hasSeen(tx: ReadTx, kind: 'collection' | 'face', id: string): boolean {
    return tx.get('SELECT 1 FROM replica_seen WHERE kind = ? AND id = ?', [kind, id]) !== undefined;
  }

  /** The server listed a face, and deleted it later. */
  unsee(tx: WriteTx, faceId: string): void {
    tx.run("DELETE FROM replica_seen WHERE kind = 'face' AND id = ?", [faceId]);
  }

  /** Faces of which the server has more references than this replica. */
  wanted(tx: ReadTx, limit: number): string[] {
    const rows = tx.all('SELECT face_id AS faceId FROM replica_wanted LIMIT ?', [limit]);
    return z
      .array(FaceIdRow)
      .parse(rows)
      .map(({ faceId }) => faceId);
  }

  want(tx: WriteTx, faceId: string): void {
    tx.run('INSERT INTO replica_wanted (face_id) VALUES (?) ON CONFLICT DO NOTHING', [faceId]);
  }

  unwant(tx: WriteTx, faceId: string): void {
    tx.run('DELETE FROM replica_wanted WHERE face_id = ?', [faceId]);
  }
}

const newComparison = (): number => randomInt(1, 2 ** 47);
