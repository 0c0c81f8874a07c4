import { z } from 'zod';

/** What an account can hear of by webhook. */
export const EventKind = z.enum([
  'face.registered',
  'face.verified',
  'face.failed',
  'user.deleted',
  'template.created',
  'template.deleted',
]);
export type EventKind = z.infer<typeof EventKind>;

/** What an event says; it is sent as it stands here. */
export const EventData = z.object({
  userId: z.string(),
  email: z.string().nullable(),
  similarity: z.number().nullable(),
  qualityScore: z.number().nullable(),
  ipAddress: z.string().nullable(),
});
export type EventData = z.infer<typeof EventData>;

/** Something that happened to a person. */
export interface NewEvent {
  readonly kind: EventKind;
  readonly data: EventData;
}

/** The body of a delivery. */
export const EventBody = z.object({
  id: z.string().describe('The same whenever the event is delivered'),
  event: EventKind,
  createdAt: z.iso.datetime(),
  data: EventData,
});
export type EventBody = z.infer<typeof EventBody>;

/** Milliseconds after which an event is sent again, by how often it was not taken. After the last the address is failing. */
export const RETRIES_MS = [60_000, 5 * 60_000, 30 * 60_000, 2 * 3_600_000] as const;
