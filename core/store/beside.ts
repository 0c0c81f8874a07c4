import type { Parts } from './parts.ts';
import type { Beside } from './records.ts';
import type { WriteTx } from './file/transactions.ts';

/** Notes what an enrolment brings besides templates. @throws `email-exists` */
export function noteBeside(
  tx: WriteTx,
  { profiles, webhooks }: Parts,
  account: string,
  faceId: string,
  face: number,
  { email, events = [] }: Beside = {},
): void {
  if (email !== undefined) profiles.setEmail(tx, account, face, email);
  webhooks.announce(tx, account, faceId, events, new Date());
}
