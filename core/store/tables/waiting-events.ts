import type { WriteTx } from '../sql/transactions.ts';

/** Forget the events about a subject that wait for webhooks of an account. @returns how many */
export async function forgetEvents(tx: WriteTx, account: string, subject: string): Promise<number> {
  const forgotten = 'DELETE FROM deliveries WHERE account = ? AND subject = ?';
  return (await tx.run(forgotten, [account, subject])).changes;
}
