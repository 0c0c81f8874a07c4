import type { Parts } from './parts.ts';
import type { Beside } from './records.ts';
import type { WriteTx } from './sql/transactions.ts';

/** Notes what an enrolment brings besides templates. @throws `email-exists` */
export async function noteBeside(
  tx: WriteTx,
  { profiles, webhooks }: Parts,
  account: string,
  faceId: string,
  face: number,
  { email, events = [] }: Beside = {},
): Promise<void> {
  if (email !== undefined) await profiles.setEmail(tx, account, face, email);
  await webhooks.announce(tx, account, faceId, events, new Date());
}
