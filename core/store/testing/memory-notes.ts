import { randomBytes } from 'node:crypto';
import { LintelError, type EventBody, type NewEvent } from '#contract';
import type { Beside } from '../records.ts';
import { WEBHOOK_LIMITS } from '../tables/webhook-table.ts';
import type { MemoryPlace } from './memory-place.ts';
import type { FaceRow } from './memory-rows.ts';

/** Note what an enrolment brings besides templates. @throws `email-exists` */
export function note(
  place: MemoryPlace,
  account: string,
  face: FaceRow,
  { email, events = [] }: Beside = {},
): void {
  if (email !== undefined) {
    const holder = withEmail(place, account, email);
    if (holder !== undefined && holder.id !== face.id) throw new LintelError('email-exists');
    place.update(face, { email });
  }
  announce(place, account, face.faceId, events);
}

export const withEmail = (place: MemoryPlace, account: string, email: string): FaceRow | undefined =>
  [...place.rows.faces.values()].find((face) => face.email === email && place.accountOf(face) === account);

/** Note events for every address that wants to hear of them; the oldest make room. */
export function announce(
  place: MemoryPlace,
  account: string,
  subject: string,
  events: readonly NewEvent[],
): void {
  const { deliveries, webhooks } = place.rows;
  const now = new Date();
  for (const { kind, data } of events) {
    const id = `evt_${randomBytes(16).toString('hex')}`;
    const body = JSON.stringify({ id, event: kind, createdAt: now.toISOString(), data } satisfies EventBody);
    for (const webhook of webhooks.values()) {
      if (webhook.account !== account || !webhook.kinds.includes(kind)) continue;
      const number = place.nextId();
      const due = { body, attempts: 0, due: now.getTime(), announced: now.getTime() };
      deliveries.set(number, { id: number, webhook: webhook.id, account, subject, ...due });
      const waiting = [...deliveries.values()].filter((each) => each.webhook === webhook.id);
      for (const { id: oldest } of waiting.slice(0, -WEBHOOK_LIMITS.waiting)) deliveries.delete(oldest);
    }
  }
}
