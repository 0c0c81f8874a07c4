import { z } from 'zod';
import { FaceSessionId, ModelId } from './ids.ts';
import { DeviceId } from './sync.ts';

/**
 * A visit by face session, between an appliance and its server: the appliance claims the session by its id, compares
 * the person at its camera with the session's photo, and tells what came of it.
 */

/** How long a session lasts, in milliseconds. */
export const SESSION_MS = 10 * 60_000;

/** Levels of a match: 1 to 5, or 0 below all; see `matchLevel` in core/matching. */
export const MatchLevel = z.int().min(0).max(5);

/** The least level that counts as a match where the request names none. */
export const DEFAULT_MATCH_LEVEL = 3;

const Claimed = z.object({
  sessionId: FaceSessionId,
  /** Random: an appliance that lost the answer claims again with the same. */
  claimId: z.string().regex(/^claim_[0-9a-f]{32}$/),
});

export const SessionClaim = Claimed.extend({
  /** The model whose template of the photo is asked for. */
  modelId: ModelId,
});
export type SessionClaim = z.infer<typeof SessionClaim>;

/** What the server answers to a claim, and signs as `session-claim`. */
export const ClaimedSession = Claimed.extend({
  deviceId: DeviceId,
  /** Milliseconds until the session ends. */
  expiresInMs: z.int().positive().max(SESSION_MS),
  /** Of the photo: 32-bit floats, little-endian, rotated by the secret of the account, in base64. */
  template: z.base64().min(8).max(32_768),
});
export type ClaimedSession = z.infer<typeof ClaimedSession>;

/** What an appliance tells of the visit, and signs as `session-result`. */
export const SessionResult = Claimed.extend({
  deviceId: DeviceId,
  /** Whether a live person did what was asked. */
  live: z.boolean(),
  /** 0 where no live person was seen. */
  matchLevel: MatchLevel,
}).strict();
export type SessionResult = z.infer<typeof SessionResult>;

/** A JSON text and an Ed25519 signature over it, in hexadecimal. */
export const SignedText = z.object({ text: z.string().max(65_536), signature: z.string().max(128) });
export type SignedText = z.infer<typeof SignedText>;
