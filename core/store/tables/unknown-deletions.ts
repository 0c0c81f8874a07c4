import { z } from 'zod';
import { LintelError } from '#contract';
import type { WriteTx } from '../sql/transactions.ts';

/**
 * Deletions of faces that the server never had, from one device: as many as an appliance of the largest size that is
 * measured brings along when it moves to another server.
 */
const MOST = 50_000;

const CountRow = z.object({ count: z.int() });

/** Counts them, so that no device fills the server with tombstones. */
export class UnknownDeletions {
  /** @throws `too-many-deletions` */
  async add(tx: WriteTx, account: string, deviceId: string, count: number): Promise<void> {
    const row = await tx.get(
      `INSERT INTO unknown_deletions (account, device_id, count) VALUES (?, ?, ?)
       ON CONFLICT (account, device_id) DO UPDATE SET count = unknown_deletions.count + excluded.count RETURNING count`,
      [account, deviceId, count],
    );
    if (CountRow.parse(row).count > MOST) throw new LintelError('too-many-deletions');
  }
}
