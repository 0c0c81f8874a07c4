import { LintelError } from '#contract';
import type { ReadTx } from '../sql/transactions.ts';

/** Refuses what is to be kept for an account that is not there. @throws `account-not-found` */
export async function requireAccount(tx: ReadTx, accountId: string): Promise<void> {
  const row = await tx.get('SELECT 1 FROM accounts WHERE account_id = ?', [accountId]);
  if (row === undefined) throw new LintelError('account-not-found');
}

/** Refuses what is to be kept for an API key that is not there, perhaps revoked meanwhile. @throws `key-not-found` */
export async function requireApiKey(tx: ReadTx, keyId: string): Promise<void> {
  const row = await tx.get('SELECT 1 FROM api_keys WHERE key_id = ?', [keyId]);
  if (row === undefined) throw new LintelError('key-not-found');
}
