import { z } from 'zod';
import { LintelError } from '#contract';
import type { Statements } from '../file/statements.ts';

const ReplicaRow = z.object({ deviceId: z.string(), applied: z.int() });
const AppliedRow = ReplicaRow.pick({ applied: true });
const RefusalRow = z.object({ number: z.int(), code: z.string() });

/** How far the operations of one replica are applied at the server, and which were refused. Call within a transaction. */
export function progressOf(sql: Statements, account: string, replicaId: string) {
  const key = [account, replicaId] as const;
  return {
    /** @returns the number of the last operation that was applied @throws `forbidden` for the replica of another device */
    begin(deviceId: string): number {
      sql.run(
        `INSERT INTO replicas (account, replica_id, device_id, applied) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING`,
        [...key, deviceId],
      );
      const row = ReplicaRow.parse(
        sql.get(
          'SELECT device_id AS deviceId, applied FROM replicas WHERE account = ? AND replica_id = ?',
          key,
        ),
      );
      if (row.deviceId !== deviceId) throw new LintelError('forbidden');
      return row.applied;
    },
    /** Number of the last operation that was applied; 0 for a replica nobody has heard of. */
    get last(): number {
      const row = sql.get('SELECT applied FROM replicas WHERE account = ? AND replica_id = ?', key);
      return row === undefined ? 0 : AppliedRow.parse(row).applied;
    },
    applied(number: number): void {
      sql.run('UPDATE replicas SET applied = ? WHERE account = ? AND replica_id = ?', [number, ...key]);
    },
    refuse(number: number, code: string): void {
      sql.run('INSERT INTO refusals (account, replica_id, number, code) VALUES (?, ?, ?, ?)', [
        ...key,
        number,
        code,
      ]);
    },
    /** Refused ones from a number on; earlier ones are known to the sender and forgotten. */
    from(number: number): { number: number; code: string }[] {
      sql.run('DELETE FROM refusals WHERE account = ? AND replica_id = ? AND number < ?', [...key, number]);
      return z
        .array(RefusalRow)
        .parse(
          sql.all(
            'SELECT number, code FROM refusals WHERE account = ? AND replica_id = ? ORDER BY number',
            key,
          ),
        );
    },
  };
}
