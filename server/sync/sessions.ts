import {
  LintelError,
  SessionResult,
  type ClaimedSession,
  type SessionClaim,
  type SignedText,
} from '#contract';
import { openSigned } from '#core/audit';
import type { Devices } from '#core/devices';
import { createTemplateProtection } from '#core/matching';
import type { SqlStore, StoredDevice } from '#core/store';
import type { Record } from '#core/upkeep';
import { isMatch } from '../face-sessions.ts';
import type { SharedSessions } from '../shared-sessions.ts';

export interface SessionsOptions {
  readonly store: SqlStore;
  readonly devices: Devices;
  readonly sessions: SharedSessions;
  /** Made the templates of the sessions' photos. */
  readonly modelId: string;
  readonly record: Record;
}

/**
 * Gives a face session of its account to an appliance: the template of the photo, as templates travel, signed with what
 * the appliance chose, so that no other answer can take its place.
 * @throws `session-model`, `session-unknown`, `session-used`
 */
export async function claimSession(
  { sessionId, claimId, modelId }: SessionClaim,
  { account, deviceId }: StoredDevice,
  { store, devices, sessions, modelId: own, record }: SessionsOptions,
): Promise<SignedText> {
  if (modelId !== own) throw new LintelError('session-model');
  const secret = await devices.templateSecret(account);
  const { template, expiresInMs, isNew } = await sessions.claim(account, deviceId, { sessionId, claimId });
  const { protect } = createTemplateProtection(secret, modelId, template.length);
  const rotated = Buffer.from(protect(template).buffer).toString('base64');
  if (isNew) await record({ kind: 'session-claimed', account, deviceId, sessionId });
  const claimed: ClaimedSession = { deviceId, sessionId, claimId, expiresInMs, template: rotated };
  const text = JSON.stringify(claimed);
  return { text, signature: await store.audit.sign('session-claim', text) };
}

/** Takes what came of a visit from the appliance that claimed it. @throws `session-result-invalid`, `session-unknown`, `session-used` */
export async function settleSession(
  { text, signature }: SignedText,
  { account, deviceId, publicKey }: StoredDevice,
  { sessions, record }: SessionsOptions,
): Promise<object> {
  const result = openSigned(SessionResult, publicKey, 'session-result', text, signature);
  if (result?.deviceId !== deviceId) throw new LintelError('session-result-invalid');
  const { sessionId, live } = result;
  if (await sessions.settle(account, result)) {
    await record({ kind: 'session-decided', account, deviceId, sessionId, live, match: isMatch(result) });
  }
  return {};
}
