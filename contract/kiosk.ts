import { z } from 'zod';
import { ERRORS, type ErrorCode } from './errors.ts';
import { Collection, Face, FaceMetadata, MAX_REFERENCES_PER_FACE } from './gallery.ts';
import { ExternalKey, FaceId } from './ids.ts';
import { IMAGE_LIMITS } from './recognition.ts';
import { Settings, SettingsPatch } from './settings.ts';

/**
 * The contract between a screen and the appliance. Electron carries it over `ipcMain` and `contextBridge`, the
 * browser shell over a loopback WebSocket; neither side can tell which. Every message is parsed on arrival.
 */

/** Encoded JPEG or PNG. */
const ImageBytes = z
  .instanceof(Uint8Array<ArrayBufferLike>)
  .refine((b) => b.byteLength <= IMAGE_LIMITS.bytes);

const Nothing = z.strictObject({});

/** What any screen may know without signing in. */
export const ApplianceStatus = z.object({
  version: z.string(),
  settings: Settings,
  enrolledCount: z.int().nonnegative(),
  /** False until an operator chose a PIN. */
  pinIsSet: z.boolean(),
  /** Whether this build verifies that a live person stands there. */
  livenessChecked: z.boolean(),
  /** How many kept images a new embedding model has seen, while the one before still serves; else null. */
  modelChange: z.object({ done: z.int().nonnegative(), total: z.int().nonnegative() }).nullable(),
});
export type ApplianceStatus = z.infer<typeof ApplianceStatus>;

/** One captured frame: `capturedAt` in milliseconds of the renderer's monotonic clock. */
export const VisitFrame = z.object({ image: ImageBytes, capturedAt: z.number().nonnegative() });
export type VisitFrame = z.infer<typeof VisitFrame>;

/** Steps of an active-liveness challenge, in order. Empty while liveness is not checked. */
export const ChallengeStep = z.enum(['turn-left', 'turn-right', 'blink', 'smile', 'nod']);

export const VisitTicket = z.object({
  visitId: z.string().regex(/^visit_[0-9a-f]{32}$/),
  challenge: z.array(ChallengeStep),
  /** Frontal frames that main wants. */
  frameCount: z.int().min(1).max(10),
  /** Milliseconds until main forgets this visit. */
  expiresInMs: z.int().positive(),
});
export type VisitTicket = z.infer<typeof VisitTicket>;

export const DecisionReason = z.enum([
  'match',
  'no-match',
  'no-face',
  'several-faces',
  'different-people',
  'ambiguous',
  'empty-gallery',
]);
export type DecisionReason = z.infer<typeof DecisionReason>;

/** The outcome of a visit. Only a granted one names a person. */
export const Decision = z.object({
  outcome: z.enum(['granted', 'denied', 'undecided']),
  reasons: z.array(DecisionReason).min(1),
  person: z.object({ faceId: FaceId, name: z.string().nullable() }).nullable(),
});
export type Decision = z.infer<typeof Decision>;

/** 6 to 12 digits; checked in main so that a wrong form and a wrong PIN get documented codes. */
const Pin = z.string().max(64);

/** An image that cannot become a reference, and why. */
export const RejectedImage = z.object({
  index: z.int().nonnegative(),
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
});

export const FacePage = z.object({ faces: z.array(Face), total: z.int().nonnegative() });
export type FacePage = z.infer<typeof FacePage>;

/** Requests, `input` from the screen and `output` from the appliance. `operator` ones need a signed-in operator. */
export const KIOSK_CHANNELS = {
  'appliance.status': { access: 'kiosk', input: Nothing, output: ApplianceStatus },
  'visit.begin': { access: 'kiosk', input: Nothing, output: VisitTicket },
  'visit.submit': {
    access: 'kiosk',
    input: z.strictObject({ visitId: VisitTicket.shape.visitId, frames: z.array(VisitFrame).min(1).max(10) }),
    output: Decision,
  },
  'visit.cancel': {
    access: 'kiosk',
    input: z.strictObject({ visitId: VisitTicket.shape.visitId }),
    output: Nothing,
  },
  'operator.set-pin': {
    access: 'kiosk',
    input: z.strictObject({ pin: Pin, currentPin: Pin.optional() }),
    output: Nothing,
  },
  'operator.login': { access: 'kiosk', input: z.strictObject({ pin: Pin }), output: Nothing },
  'operator.logout': { access: 'kiosk', input: Nothing, output: Nothing },
  'people.list': {
    access: 'operator',
    /** `query` matches part of the name, the external key or the face id, ignoring case. */
    input: z.strictObject({
      query: z.string().max(200).default(''),
      offset: z.int().nonnegative().default(0),
      limit: z.int().min(1).max(100).default(50),
    }),
    output: FacePage,
  },
  'people.enrol': {
    access: 'operator',
    input: z.strictObject({
      metadata: FaceMetadata,
      externalKey: ExternalKey.nullable().default(null),
      images: z.array(ImageBytes).min(1).max(MAX_REFERENCES_PER_FACE),
      /** Where the images came from; kept with each reference. */
      source: z.enum(['camera', 'file']).default('camera'),
    }),
    /** `face` is null when no image could be used; then nothing was stored. */
    output: z.object({ face: Face.nullable(), rejected: z.array(RejectedImage) }),
  },
  'people.remove': { access: 'operator', input: z.strictObject({ faceId: FaceId }), output: Nothing },
  'collections.list': {
    access: 'operator',
    input: Nothing,
    output: z.object({ collections: z.array(Collection) }),
  },
  'settings.update': { access: 'operator', input: SettingsPatch, output: Settings },
} as const satisfies Record<string, { access: 'kiosk' | 'operator'; input: z.ZodType; output: z.ZodType }>;

export type KioskChannel = keyof typeof KIOSK_CHANNELS;
export type KioskInput<C extends KioskChannel> = z.input<(typeof KIOSK_CHANNELS)[C]['input']>;
export type KioskOutput<C extends KioskChannel> = z.output<(typeof KIOSK_CHANNELS)[C]['output']>;

/** What the appliance tells a screen unasked. */
export const KIOSK_EVENTS = {
  'appliance.status-changed': ApplianceStatus,
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
