import type { Beside } from './records.ts';
import type { Profiles } from './tables/profiles.ts';
import type { WebhookTable } from './tables/webhook-table.ts';

/** Notes what an enrolment brings besides templates. Call within its transaction. */
export class BesideNotes {
  readonly #profiles: Profiles;
  readonly #webhooks: WebhookTable;

  constructor(profiles: Profiles, webhooks: WebhookTable) {
    this.#profiles = profiles;
    this.#webhooks = webhooks;
  }

  /** @throws `email-exists` */
  note(account: string, faceId: string, face: number, { email, events = [] }: Beside): void {
    if (email !== undefined) this.#profiles.setEmail(account, face, email);
    this.#webhooks.announce(account, faceId, events, new Date());
  }
}
