import { z } from 'zod';
import { AccessId, GrantLevel, Direction } from './access.ts';
import { CardId } from './cards.ts';
import { DecisionReason } from './decision-reason.ts';
import { FaceId } from './ids.ts';
import { VisitorId } from './visitors.ts';

/** What happens at a door, as its sensors and its actuator tell. */
export const DOOR_EVENT_KINDS = [
  /** It opened, though no person was let in and none asked to leave. */
  'door-forced',
  /** It stands open for longer than it may. */
  'door-held-open',
  /** It is shut again after one of both. */
  'door-closed',
  'exit-requested',
  'tamper',
  'tamper-ended',
  /**
   * The actuator did not do what it was told, or did not answer, or the sensors do not. One with a `grantId` says that the door did not open after that
   * decision, or may not have (`door-unanswered`).
   */
  'door-fault',
  /** It opens and shuts again as it is told, and its sensors answer, after a `door-fault`. */
  'door-mended',
] as const;

/** What comes of the notice that is shown before a face is compared. About nobody: who refuses leaves no name. */
export const NOTICE_EVENT_KINDS = [
  /** It was shown, and with it the ways without a face. */
  'alternative-offered',
  /** A visitor refused, and took such a way. */
  'alternative-chosen',
  'operator-called',
] as const;
export const NoticeEventKind = z.enum(NOTICE_EVENT_KINDS);
export type NoticeEventKind = z.infer<typeof NoticeEventKind>;

/** What happens at an appliance. */
export const SiteEventKind = z.enum([
  /** A visit or an access code was decided. */
  'decision',
  /** Too many failures in a row: faces are not looked at for a while. */
  'paused',
  /** An operator noted that a visitor has left. */
  'visitor-signed-out',
  /** A part of the appliance failed and was started again; `detail` says which, and for how long it was gone. */
  'recovered',
  ...NOTICE_EVENT_KINDS,
  ...DOOR_EVENT_KINDS,
]);
export type SiteEventKind = z.infer<typeof SiteEventKind>;

/** Why an event came to be. */
export const EventReason = z.enum([
  ...DecisionReason.options,
  /** Of a `door-fault`: the actuator was told to open and did not answer, so that nobody knows whether the door opened. */
  'door-unanswered',
  /** Of a `door-fault`: the sensors have not answered for a while, so that nobody would notice a door that is forced. */
  'sensors-unanswered',
]);
export type EventReason = z.infer<typeof EventReason>;

/** Names one event. A new one is random. */
export const EventId = z.string().regex(/^evt_[0-9a-f]{32}$/);

/** What happened, when, where and to which person. A person is named by a random id, which means nothing once the face is erased. */
export const SiteEvent = z.object({
  eventId: EventId,
  at: z.iso.datetime(),
  kind: SiteEventKind,
  doorId: AccessId.nullable(),
  /** Which way somebody was granted, else which way the door leads. */
  direction: Direction.nullable(),
  /** Of a decision. */
  outcome: z.enum(['granted', 'denied', 'undecided', 'compared']).nullable(),
  reasons: z.array(EventReason).max(16),
  level: GrantLevel.nullable(),
  /** Who was recognised, also where access was denied; whom the door did not open to. */
  faceId: FaceId.nullable(),
  /** Of a visitor who gave their code; `direction` says whether a grant signed them in or out. */
  visitorId: VisitorId.optional(),
  /** Of a card that was shown. */
  cardId: CardId.optional(),
  visitId: z.string().max(64).nullable(),
  /** Of a `door-fault`: the `eventId` of the decision that granted a person to whom the door did not open then, or may not have. */
  grantId: EventId.optional(),
  /** What a rule or an actuator said, for an operator. */
  detail: z.string().max(512).nullable(),
  /** Measures of liveness, as the audit log has them. */
  scores: z.json(),
});
export type SiteEvent = z.infer<typeof SiteEvent>;

/** A {@link SiteEvent} as it is kept: in order, and with what is known of the person as long as the face is there. */
export const KeptEvent = SiteEvent.extend({
  number: z.int().positive(),
  externalKey: z.string().nullable(),
  name: z.string().nullable(),
});
export type KeptEvent = z.infer<typeof KeptEvent>;

/** Which events; the newest first. */
export const EventQuery = z.strictObject({
  /** Only those before this one, for the next page. */
  before: z.int().positive().nullable().default(null),
  limit: z.int().min(1).max(1000).default(50),
  kinds: z.array(SiteEventKind).min(1).nullable().default(null),
  outcomes: z.array(SiteEvent.shape.outcome.unwrap()).min(1).nullable().default(null),
  faceId: FaceId.nullable().default(null),
  /** Not older, and older, than a moment. */
  from: z.iso.datetime().nullable().default(null),
  until: z.iso.datetime().nullable().default(null),
});
export type EventQuery = z.infer<typeof EventQuery>;

/** How a target of events is reached. */
export const EventTargetOptions = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('webhook'),
    /** Whether it may be plain http, or a private address. */
    allowPrivate: z.boolean(),
  }),
  z.strictObject({
    /** Mail to hosts, whose visitors have signed in. */
    kind: z.literal('smtp'),
    username: z.string().max(256).nullable(),
    /** Certificates that the server's must lead to, PEM; null: those that the machine trusts. */
    ca: z.string().max(65_536).nullable(),
    /** Whether it may go without TLS. */
    allowPlain: z.boolean(),
    from: z.email().max(254),
    /** Null: to the host of each visitor. */
    to: z.email().max(254).nullable(),
  }),
  z.strictObject({
    kind: z.literal('mqtt'),
    username: z.string().max(256).nullable(),
    /** Certificates that the broker's must lead to, PEM; null: those that the machine trusts. */
    ca: z.string().max(65_536).nullable(),
    /** Begins every topic. */
    topic: z.string().regex(/^[A-Za-z0-9_./-]{1,128}$/),
    /** Where Home Assistant looks for devices; null: it is told of none. */
    discoveryPrefix: z
      .string()
      .regex(/^[A-Za-z0-9_./-]{1,64}$/)
      .nullable(),
  }),
]);
export type EventTargetOptions = z.infer<typeof EventTargetOptions>;

/** A target: an address that is told of events. Its secret is shown once, when it is added. */
export const EventTarget = z.object({
  targetId: z.string(),
  url: z.string(),
  options: EventTargetOptions,
  /** Null: all. */
  kinds: z.array(SiteEventKind).nullable(),
  createdAt: z.iso.datetime(),
  /** How often it has not taken its next event. */
  attempts: z.int().nonnegative(),
  /** Events that it has yet to take. */
  waiting: z.int().nonnegative(),
});
export type EventTarget = z.infer<typeof EventTarget>;
