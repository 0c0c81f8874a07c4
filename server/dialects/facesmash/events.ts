import type { EventData, EventKind, NewEvent } from '#contract';

/** An event about a user; what it does not know is null. */
export const eventOf = (
  kind: EventKind,
  { userId, email }: Pick<EventData, 'userId' | 'email'>,
  more: Partial<Omit<EventData, 'userId' | 'email'>> = {},
): NewEvent => ({
  kind,
  data: { userId, email, similarity: null, qualityScore: null, ipAddress: null, ...more },
});
