import type { Beside } from './records.ts';
import type { Profiles } from './tables/profiles.ts';
import type { WebhookTable } from './tables/webhook-table.ts';
import type { WriteTx } from './file/transactions.ts';

/** Notes what an enrolment brings besides templates. */
export class BesideNotes {
  readonly #profiles: Profiles;
  readonly #webhooks: WebhookTable;

  constructor(profiles: Profiles, webhooks: WebhookTable) {
    this.#profiles = profiles;
    this.#webhooks = webhooks;
  }

  /** @throws `email-exists` */
  note(tx: WriteTx, account: string, faceId: string, face: number, { email, events = [] }: Beside): void {
    if (email !== undefined) this.#profiles.setEmail(tx, account, face, email);
    this.#webhooks.announce(tx, account, faceId, events, new Date());
  }
}
