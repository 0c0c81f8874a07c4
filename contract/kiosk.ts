import { z } from 'zod';
import { Direction } from './access.ts';
import { AssuranceLevel } from './assurance.ts';
import { SetBack, SetBackDecision } from './audit.ts';
import { CARD_CHANNELS } from './card-channels.ts';
import { CardText } from './cards.ts';
import { CameraState, QuarterTurn } from './camera.ts';
import { CHALLENGE_STEPS, ChallengeStep } from './challenge.ts';
import { Decision } from './decision.ts';
import { DecisionReason } from './decision-reason.ts';
import { ERRORS, type ErrorCode } from './errors.ts';
import { Collection } from './gallery.ts';
import { FaceSessionId } from './ids.ts';
import { LightChallenge } from './light.ts';
import { QualityCode } from './quality.ts';
import { LockdownGap } from './lockdown.ts';
import { OPERATOR_CHANNELS } from './operators.ts';
import { PEOPLE_CHANNELS } from './people-channels.ts';
import { ImageBytes } from './recognition.ts';
import { Conflict, Resolution, SyncStatus, SyncSummary } from './sync.ts';
import { Settings, SettingsPatch } from './settings.ts';
import { KeptEvent, EventQuery, NoticeEventKind } from './site-events.ts';
import { DisplayName, ShownName } from './text.ts';
import { VISITOR_CHANNELS } from './visitors.ts';

/**
 * The contract between a screen and the appliance. Electron carries it over `ipcMain` and `contextBridge`, the
 * browser shell over a loopback WebSocket; neither side can tell which. Every message is parsed on arrival.
 */

const Nothing = z.strictObject({});

/** What any screen may know without signing in. */
export const ApplianceStatus = z.object({
  version: z.string(),
  settings: Settings,
  /** What visitors have to prove here: as it is set, and no less than the server's policy says. */
  assurance: AssuranceLevel,
  enrolledCount: z.int().nonnegative(),
  /** False until an administrator chose a PIN. */
  pinIsSet: z.boolean(),
  /** Milliseconds until the kiosk looks at faces again after too many failures in a row; 0 when it does. */
  pausedForMs: z.int().nonnegative(),
  /** After far too many failures in a row: it looks at no face before an operator has signed in. */
  faceIsOff: z.boolean(),
  /** How many kept images a new embedding model has seen, while the one before still serves; else null. */
  modelChange: z.object({ done: z.int().nonnegative(), total: z.int().nonnegative() }).nullable(),
  sync: SyncSummary,
  /** Why no face is recognised: the store was set back. */
  setBack: SetBack.nullable(),
  /** Why this screen is no kiosk for visitors with a keyboard; empty when it is locked down. */
  lockdownGaps: z.array(LockdownGap),
  /** Which way the door here leads: nobody chooses then. Null: there is none, or it leads both ways. */
  doorDirection: Direction.nullable(),
  /** Whether somebody who is to be told of events is not reached, or does not take what they are told. */
  isTellingFailing: z.boolean(),
});
export type ApplianceStatus = z.infer<typeof ApplianceStatus>;

/** What a frame is evidence of: the face at rest before the first step, the height of a step, a frontal view, or the screen's light. */
export const VisitMoment = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('baseline') }),
  /** `step` counts from 0 in the ticket's challenge. */
  z.strictObject({ kind: z.literal('step'), step: z.int().min(0).max(2) }),
  z.strictObject({ kind: z.literal('frontal') }),
  /** While the light challenge is shown: `at` milliseconds since it began. */
  z.strictObject({ kind: z.literal('light'), at: z.number().min(0).max(5000) }),
]);
export type VisitMoment = z.infer<typeof VisitMoment>;

/** One captured frame: `capturedAt` in milliseconds of the renderer's monotonic clock. */
export const VisitFrame = z.strictObject({
  image: ImageBytes,
  capturedAt: z.number().nonnegative(),
  moment: VisitMoment,
});
export type VisitFrame = z.infer<typeof VisitFrame>;

/**
 * What one visit sends at most: two frames at rest, three at each step, five frontal, and
 * `light` more in the screen's light; so many at once; and the bytes of all
 * together, which an appliance holds in memory until the visit ends.
 */
export const VISIT_LIMITS = { frames: 16, light: 24, batch: 8, bytes: 24_000_000 } as const;

const MOST_FRAMES = VISIT_LIMITS.frames + VISIT_LIMITS.light;

export const VisitTicket = z.object({
  visitId: z.string().regex(/^visit_[0-9a-f]{32}$/),
  /** What the visitor has to prove. */
  level: AssuranceLevel,
  /** The steps that the level asks for, two or three, in the order in which they must be done; empty where it asks for none. */
  challenge: z.array(ChallengeStep).max(3),
  /** Milliseconds a visitor has for each step. */
  stepMs: z.int().positive(),
  /** Frontal frames that main wants: after the frames at rest, between the steps, and one at least after the last step. */
  frameCount: z.int().min(1).max(5),
  /** Milliseconds until main forgets this visit. */
  expiresInMs: z.int().positive(),
});
export type VisitTicket = z.infer<typeof VisitTicket>;

/** A {@link KeptEvent} as a screen shows it. */
const ShownEvent = KeptEvent.extend({ name: ShownName.nullable() });

/** Requests, `input` from the screen and `output` from the appliance. `operator` ones need a signed-in operator. */
export const KIOSK_CHANNELS = {
  'appliance.status': { access: 'kiosk', input: Nothing, output: ApplianceStatus },
  /** What keeps a picture from being one of a visit: asked before that begins. Answers nothing while it is busy or paused. */
  'visit.look': {
    access: 'kiosk',
    input: z.strictObject({ image: ImageBytes }),
    output: z.object({ hints: z.array(QualityCode) }),
  },
  'visit.begin': {
    access: 'kiosk',
    /** `avoid`: steps this visitor cannot do. Refused (`challenge-impossible`) when fewer than three kinds remain. */
    input: z.strictObject({
      avoid: z.array(ChallengeStep).max(CHALLENGE_STEPS.length).default([]),
      /** Steps that were not seen of this visitor at the last try: not asked for where enough other kinds remain. */
      missed: z.array(ChallengeStep).max(CHALLENGE_STEPS.length).default([]),
      /** This visitor wants no coloured light: steps instead. Refused (`challenge-impossible`) where both are asked. */
      withoutLight: z.boolean().default(false),
      /** Compare with the photo of this session instead of with everybody enrolled. */
      sessionId: FaceSessionId.nullable().default(null),
      /** The visitor has read the notice and agreed. Refused (`notice-unanswered`) without, where there is one. */
      agreed: z.boolean().default(false),
      /** Compare with the template of this card instead of with everybody enrolled. */
      card: CardText.nullable().default(null),
      /** Which way the visitor chose, in attendance. */
      direction: Direction.nullable().default(null),
    }),
    output: VisitTicket,
  },
  /**
   * What a visitor did at the notice: an event says so. Each kind may come ten times at once and then once a second; more are
   * `rate-limited`.
   */
  'visit.notice': {
    access: 'kiosk',
    input: z.strictObject({ kind: NoticeEventKind }),
    output: Nothing,
  },
  /** Draws the light challenge of an open visit, once, when the screen is ready to show it. */
  'visit.light': {
    access: 'kiosk',
    input: z.strictObject({ visitId: VisitTicket.shape.visitId }),
    output: z.object({ slots: LightChallenge }),
  },
  /**
   * Sends frames while the visit goes on, in the order in which they were captured. `from`: how many were sent before. A batch
   * that leaves a gap, or comes twice, ends the visit.
   */
  'visit.frames': {
    access: 'kiosk',
    input: z.strictObject({
      visitId: VisitTicket.shape.visitId,
      from: z.int().min(0).max(MOST_FRAMES),
      frames: z.array(VisitFrame).min(1).max(VISIT_LIMITS.batch),
    }),
    output: Nothing,
  },
  /** Ends the visit. `frameCount`: how many frames were sent in all. */
  'visit.submit': {
    access: 'kiosk',
    input: z.strictObject({
      visitId: VisitTicket.shape.visitId,
      frameCount: z.int().min(0).max(MOST_FRAMES),
    }),
    output: Decision,
  },
  'visit.cancel': {
    access: 'kiosk',
    /**
     * `because`: why the screen ends the visit; an event says so, and nothing else comes of it. It may come ten times at once and
     * then once a second; more are `rate-limited`.
     */
    input: z.strictObject({
      visitId: VisitTicket.shape.visitId,
      because: DecisionReason.extract(['step-timeout']).nullable().default(null),
    }),
    output: Nothing,
  },
  /** Instead of a face: the access code that an operator gave this person. */
  'visit.code': {
    access: 'kiosk',
    input: z.strictObject({ code: z.string().max(64) }),
    output: Decision,
  },
  /** Reads a card, for a visit to begin with it. One that is not of this deployment counts as a wrong code. */
  'visit.card': { access: 'kiosk', input: z.strictObject({ card: CardText }), output: Nothing },
  /** Claims a face session at the server, for a visit to begin with its id. A wrong id counts as a wrong code. */
  'visit.session': {
    access: 'kiosk',
    input: z.strictObject({ sessionId: FaceSessionId }),
    output: Nothing,
  },
  /** Whether the camera has seen nothing for a while: for the log. */
  'camera.report': { access: 'kiosk', input: z.strictObject({ dark: z.boolean() }), output: Nothing },
  /** The cameras that are connected, and those that belong here. */
  'cameras.state': { access: 'operator', input: Nothing, output: CameraState },
  /** An operator looked: those connected now belong here. */
  'cameras.confirm': { access: 'operator', input: Nothing, output: CameraState },
  /** By how much the camera's picture has to be turned more than it is; null: no good face is in it, whichever way. */
  'cameras.find-turn': {
    access: 'operator',
    input: z.strictObject({ image: ImageBytes }),
    output: z.object({ turn: QuarterTurn.nullable() }),
  },
  ...OPERATOR_CHANNELS,
  ...PEOPLE_CHANNELS,
  'collections.list': {
    access: 'operator',
    input: Nothing,
    output: z.object({ collections: z.array(Collection) }),
  },
  ...CARD_CHANNELS,
  ...VISITOR_CHANNELS,
  /** What happened here, the newest first. */
  'events.list': {
    access: 'operator',
    input: EventQuery.pick({ before: true, kinds: true, outcomes: true }),
    output: z.object({ events: z.array(ShownEvent) }),
  },
  'sync.status': { access: 'operator', input: Nothing, output: SyncStatus },
  /** Joins a server by a code that it gave out. */
  'sync.join': {
    access: 'operator',
    input: z.strictObject({
      origin: z.url({ protocol: /^https?$/ }).max(512),
      code: z.string().max(64),
      name: DisplayName,
      /** Whether plain http to another machine is permitted. */
      allowHttp: z.boolean().default(false),
    }),
    output: SyncStatus,
  },
  /** Forgets the server; everybody who is enrolled stays. */
  'sync.leave': { access: 'operator', input: Nothing, output: SyncStatus },
  /** Tries at once. Answers when that exchange has ended, well or not. */
  'sync.now': { access: 'operator', input: Nothing, output: SyncStatus },
  'sync.resolve': {
    access: 'operator',
    input: z.strictObject({ conflictId: Conflict.shape.conflictId, resolution: Resolution }),
    output: SyncStatus,
  },
  /** Removes the faces that the server listed for removal and that are too many to remove without an operator. */
  'sync.confirm-removals': { access: 'operator', input: Nothing, output: SyncStatus },
  /** Sends what the server refused once more. */
  'sync.retry': { access: 'operator', input: Nothing, output: SyncStatus },
  /** Goes on with a store that was set back. */
  'store.settle-set-back': {
    access: 'operator',
    input: z.strictObject({ decision: SetBackDecision }),
    output: z.object({ erasedAgain: z.int().nonnegative() }),
  },
  'settings.update': { access: 'operator', input: SettingsPatch, output: Settings },
} as const satisfies Record<string, { access: 'kiosk' | 'operator'; input: z.ZodType; output: z.ZodType }>;

export type KioskChannel = keyof typeof KIOSK_CHANNELS;
export type KioskInput<C extends KioskChannel> = z.input<(typeof KIOSK_CHANNELS)[C]['input']>;
export type KioskOutput<C extends KioskChannel> = z.output<(typeof KIOSK_CHANNELS)[C]['output']>;

/** What the appliance tells a screen unasked. */
export const KIOSK_EVENTS = {
  'appliance.status-changed': ApplianceStatus,
  /** It happened just now. Only a screen is told at which an operator is signed in who may read events, or visitors. */
  'events.added': ShownEvent,
  /** The sign-in ended by itself (idle too long). */
  'operator.signed-out': Nothing,
} as const satisfies Record<string, z.ZodType>;

export type KioskEvent = keyof typeof KIOSK_EVENTS;
export type KioskEventBody<E extends KioskEvent> = z.output<(typeof KIOSK_EVENTS)[E]>;

const KioskErrorBody = z.object({
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
});

/** Every answer to a request. The body of `value` is parsed with the channel's `output`. */
export const KioskReply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: KioskErrorBody }),
]);
export type KioskReply = z.infer<typeof KioskReply>;

/** Frames of the browser shell's WebSocket (MessagePack, binary). */
export const SocketRequest = z.strictObject({
  id: z.int().nonnegative(),
  channel: z.string(),
  input: z.unknown(),
});
export type SocketRequest = z.infer<typeof SocketRequest>;
export const SocketMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('reply'), id: z.int().nonnegative(), reply: KioskReply }),
  z.object({ type: z.literal('event'), event: z.string(), body: z.unknown() }),
]);
export type SocketMessage = z.infer<typeof SocketMessage>;

/**
 * What the preload exposes as `window.lintel` under Electron, and what the renderer builds over the socket
 * elsewhere. `invoke` never rejects for a refused request: the reply says so.
 */
export interface KioskBridge {
  invoke(channel: KioskChannel, input: unknown): Promise<unknown>;
  /** Returns a function that stops listening. */
  on(event: KioskEvent, listener: (body: unknown) => void): () => void;
}
