import { z } from 'zod';
import { AccessId, Direction } from './access.ts';
import { CollectionId, ExternalKey, FaceId } from './ids.ts';
import { SiteEvent } from './site-events.ts';
import { DeviceId } from './sync.ts';

/** A kind, an outcome, a reason or a level: an appliance may be newer than its server and know more of them. */
const Word = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);

/** An event as an appliance tells its server: without names, measures, texts and visitors. */
export const ToldEvent = z.object({
  eventId: SiteEvent.shape.eventId,
  at: z.iso.datetime(),
  kind: Word,
  doorId: AccessId.nullable(),
  direction: Direction.nullable(),
  outcome: Word.nullable(),
  reasons: z.array(Word).max(16),
  level: Word.nullable(),
  /** Null also where the policy lets nobody be named. */
  faceId: FaceId.nullable(),
});
export type ToldEvent = z.infer<typeof ToldEvent>;

/** Most events in one message. */
export const MAX_TOLD_EVENTS = 256;

/** Events of an appliance, oldest first. Each is parsed by itself: one that makes no sense holds up no other. */
export const EventPush = z.object({ events: z.array(z.unknown()).max(MAX_TOLD_EVENTS) });
export type EventPush = z.infer<typeof EventPush>;

/** All of them are kept now, but for so many that make no sense. */
export const EventsTaken = z.object({ refused: z.int().nonnegative() });
export type EventsTaken = z.infer<typeof EventsTaken>;

/** Days for which a server keeps events. */
export const EventDays = z.int().min(1).max(3650);

/** What happened at an appliance of an account. */
export const DeviceEvent = z
  .object({
    number: z.int().positive().describe('Counts up in order of arrival'),
    event_id: z.string(),
    device_id: z.string(),
    at: z.string().describe('By the clock of the appliance'),
    received_at: z.string().describe('By the clock of the server'),
    kind: z.string(),
    door_id: z.string().nullable(),
    direction: Direction.nullable(),
    outcome: z.string().nullable(),
    reasons: z.array(z.string()),
    level: z.string().nullable().describe('What a decision rests on'),
    person: z
      .object({
        face_id: z.string(),
        collection_id: z.string(),
        external_id: z.string().nullable(),
        name: z.string().nullable(),
      })
      .nullable()
      .describe(
        'Null: nobody was recognised, the policy of the appliance lets nobody be named, or the person was deleted',
      ),
  })
  .meta({ id: 'DeviceEvent' });
export type DeviceEvent = z.infer<typeof DeviceEvent>;

/** A moment with an offset, as it is compared: in UTC. */
const Moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

/** Which events, the newest arrivals first. */
export const DeviceEventQuery = z.object({
  before: z.coerce.number().int().positive().optional().describe('Only those with a smaller number'),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  device_id: DeviceId.optional(),
  kind: Word.optional(),
  outcome: Word.optional(),
  face_id: FaceId.optional(),
  collection_id: CollectionId.optional(),
  external_id: ExternalKey.optional(),
  from: Moment.optional().describe('Not older, by the clock of the appliance'),
  until: Moment.optional().describe('Older, by the clock of the appliance'),
});
export type DeviceEventQuery = z.infer<typeof DeviceEventQuery>;

export const DeviceEventPage = z.object({
  events: z.array(DeviceEvent),
  next_before: z.int().nullable().describe('`before` of the next page; null: this is the last'),
});

/** An appliance of an account, as the API shows it. */
export const ListedDevice = z
  .object({
    device_id: z.string(),
    name: z.string(),
    paired_at: z.string(),
    revoked_at: z.string().nullable(),
    last_contact: z.string().nullable(),
    events: z.string().describe('What its policy lets it tell: none, without-people, with-people'),
  })
  .meta({ id: 'Device' });

export const ListedDevices = z.object({ devices: z.array(ListedDevice) });
