import { ClaimedSession, LintelError, type SessionClaim, type SessionResult } from '#contract';
import { openSigned } from '#core/audit';
import { createTemplateProtection, isTemplate } from '#core/matching';
import { toTemplate, type Store } from '#core/store';
import type { Transport } from './exchange-feed.ts';
import { connect, greet, type Fetch } from './http-transport.ts';
import { membershipOf, type FeedMembership } from './membership.ts';
import { requireSecure } from './secure-origin.ts';

/** Milliseconds that a visitor waits at the keys, for each message. */
const WAIT_MS = 5_000;

export interface SessionServerOptions {
  readonly fetch?: Fetch;
  /** Default: {@link WAIT_MS}. */
  readonly waitMs?: number | undefined;
}

/**
 * Face sessions of the server that the appliance has joined at the time. Calls throw LintelError `sync-not-joined`,
 * `device-revoked`, `server-insecure`, `server-unreachable`, and what the server answers.
 */
export function createSessionServer(store: Store, { fetch, waitMs = WAIT_MS }: SessionServerOptions = {}) {
  const reach = async (): Promise<{ membership: FeedMembership; transport: Transport }> => {
    const membership = await membershipOf(store);
    if (membership?.mode !== 'feed') throw new LintelError('sync-not-joined');
    if (membership.revoked) throw new LintelError('device-revoked');
    const { origin, deviceKey, allowHttp } = membership;
    requireSecure(origin, allowHttp);
    const address = { origin, timeoutMs: waitMs, ...(fetch !== undefined && { fetch }) };
    const hello = await greet(address);
    if (hello === null) throw new LintelError('server-unsuitable');
    return { membership, transport: connect(address, deviceKey, hello) };
  };

  return {
    /**
     * @param dimension of the model's templates
     * @throws LintelError also `server-unreachable` for an answer that the server did not sign for this claim,
     *   `template-invalid`
     */
    async claim(
      claim: SessionClaim,
      dimension: number,
    ): Promise<{ template: Float32Array; expiresInMs: number }> {
      const { membership, transport } = await reach();
      const { text, signature } = await transport.claimSession(claim);
      const claimed = openSigned(ClaimedSession, membership.serverKey, 'session-claim', text, signature);
      const isOurs =
        claimed?.deviceId === membership.deviceId &&
        claimed.sessionId === claim.sessionId &&
        claimed.claimId === claim.claimId;
      if (!isOurs) throw new LintelError('server-unreachable', '(It did not sign its answer.)');
      const template = received(claimed.template, claim.modelId, dimension, membership);
      return { template, expiresInMs: claimed.expiresInMs };
    },
    /** Tell what came of a visit, signed by this appliance. */
    async settle(result: Omit<SessionResult, 'deviceId'>): Promise<void> {
      const { membership, transport } = await reach();
      const signed: SessionResult = { deviceId: membership.deviceId, ...result };
      const text = JSON.stringify(signed);
      const signature = await store.audit.sign('session-result', text);
      await transport.settleSession({ text, signature });
    },
  };
}

/** A template that came, as its model made it. @throws LintelError `template-invalid` */
function received(
  base64: string,
  modelId: string,
  dimension: number,
  { templateSecret }: FeedMembership,
): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== 4 * dimension) throw new LintelError('template-invalid');
  const secret = Buffer.from(templateSecret, 'base64');
  const template = createTemplateProtection(secret, modelId, dimension).recover(toTemplate(bytes));
  if (!isTemplate(template, dimension)) throw new LintelError('template-invalid');
  return template;
}
