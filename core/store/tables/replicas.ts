import { z } from 'zod';
import { LintelError, MAX_OPERATIONS } from '#contract';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

/** Of a device. Each is one life of its store, of which it lives one; a message of one before may come late. */
const KEPT_REPLICAS = 8;

const ReplicaRow = z.object({ deviceId: z.string(), applied: z.int() });
const AppliedRow = ReplicaRow.pick({ applied: true });
const BegunRow = z.object({ begun: z.int() });
const RefusalRow = z.object({ number: z.int(), code: z.string() });

/** A replica of an account, as the server names it. */
export interface ReplicaKey {
  readonly account: string;
  readonly replicaId: string;
}

/** How far the operations of each replica are applied at the server, and which were refused. */
export class Replicas {
  /** @returns the number of the last operation that was applied @throws `forbidden` for the replica of another device */
  async begin(tx: WriteTx, { account, replicaId }: ReplicaKey, deviceId: string): Promise<number> {
    const known = await tx.get(
      'SELECT device_id AS "deviceId", applied FROM replicas WHERE account = ? AND replica_id = ?',
      [account, replicaId],
    );
    if (known !== undefined) {
      const replica = ReplicaRow.parse(known);
      if (replica.deviceId !== deviceId) throw new LintelError('forbidden');
      return replica.applied;
    }
    const begun = await tx.get(
      `INSERT INTO replicas (account, replica_id, device_id, applied, begun) VALUES (?, ?, ?, 0,
         (SELECT coalesce(max(begun), 0) + 1 FROM replicas WHERE account = ? AND device_id = ?)) RETURNING begun`,
      [account, replicaId, deviceId, account, deviceId],
    );
    await this.#forget(tx, account, deviceId, BegunRow.parse(begun).begun - KEPT_REPLICAS);
    return 0;
  }

  /** Replicas of a device up to one, with what was refused of them. */
  async #forget(tx: WriteTx, account: string, deviceId: string, upTo: number): Promise<void> {
    const old = 'account = @account AND device_id = @deviceId AND begun <= @upTo';
    const values = { account, deviceId, upTo };
    await tx.run(
      `DELETE FROM refusals WHERE account = @account AND replica_id IN (SELECT replica_id FROM replicas WHERE ${old})`,
      values,
    );
    await tx.run(`DELETE FROM replicas WHERE ${old}`, values);
  }

  /** Number of the last operation that was applied; 0 for a replica that never sent one. */
  async last(tx: ReadTx, { account, replicaId }: ReplicaKey): Promise<number> {
    const row = await tx.get('SELECT applied FROM replicas WHERE account = ? AND replica_id = ?', [
      account,
      replicaId,
    ]);
    return row === undefined ? 0 : AppliedRow.parse(row).applied;
  }

  async applied(tx: WriteTx, { account, replicaId }: ReplicaKey, number: number): Promise<void> {
    await tx.run('UPDATE replicas SET applied = ? WHERE account = ? AND replica_id = ?', [
      number,
      account,
      replicaId,
    ]);
  }

  /** Those before the last of one message are known to the sender, which sends no other before it has heard of them. */
  async refuse(tx: WriteTx, { account, replicaId }: ReplicaKey, number: number, code: string): Promise<void> {
    await tx.run('DELETE FROM refusals WHERE account = ? AND replica_id = ? AND number <= ?', [
      account,
      replicaId,
      number - MAX_OPERATIONS,
    ]);
    await tx.run('INSERT INTO refusals (account, replica_id, number, code) VALUES (?, ?, ?, ?)', [
      account,
      replicaId,
      number,
      code,
    ]);
  }

  /** Refused ones from a number on; earlier ones are known to the sender and forgotten. */
  async refusedFrom(
    tx: WriteTx,
    { account, replicaId }: ReplicaKey,
    number: number,
  ): Promise<{ number: number; code: string }[]> {
    await tx.run('DELETE FROM refusals WHERE account = ? AND replica_id = ? AND number < ?', [
      account,
      replicaId,
      number,
    ]);
    const rows = await tx.all(
      'SELECT number, code FROM refusals WHERE account = ? AND replica_id = ? ORDER BY number',
      [account, replicaId],
    );
    return z.array(RefusalRow).parse(rows);
  }
}
