import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_POLICY, LintelError, toErrorBody } from '#contract';
import type { SqlStore, Store } from '#core/store';
import { Replica } from '#core/sync';
import { exchangeRealeyes } from './exchange-realeyes.ts';
import { exchangeFeed, type Progress, type Transport } from './exchange-feed.ts';
import { connect, greet, type Fetch } from './http-transport.ts';
import {
  anchorOf,
  isMembershipOf,
  membershipOf,
  takePolicy,
  type FeedMembership,
  type Membership,
} from './membership.ts';
import { requireSecure } from './secure-origin.ts';

export interface ExchangeOptions {
  readonly store: SqlStore;
  /** The appliance's embedding model. */
  readonly modelId: () => string;
  readonly version: string;
  /** Whether pictures go from here once the server has them. */
  readonly dropSentImages: () => boolean;
  /** Whether a visitor is being recognised: that goes before. */
  readonly isBusy?: () => boolean;
  /** How many people the server may remove unasked, of so many; by default few. */
  readonly mostUnasked?: ((people: number) => number) | undefined;
  readonly fetch?: Fetch;
}

/** Newer policies in a row that are followed at once. An honest server changes its policy now and then. */
const MOST_FOLLOWED = 3;

/**
 * For who makes exchanges again and again: another one follows at once where the server has just changed its policy.
 * @returns to be called with what each exchange returns; it throws LintelError `server-inconsistent` once the server had a newer
 *   policy too many times in a row
 */
export function watchPolicies(): (pollSeconds: number) => void {
  let followed = 0;
  return (pollSeconds) => {
    followed = pollSeconds === 0 ? followed + 1 : 0;
    if (followed > MOST_FOLLOWED) throw new LintelError('server-inconsistent');
  };
}

/** After each piece of work while a visitor is being recognised. */
const REST_MS = 40;

/**
 * Bring an appliance in step with its server once, in whatever way the server offers.
 * @returns seconds after which to look again; 0 when the server has just changed its policy
 * @throws as `exchangeFeed` and `exchangeRealeyes`; LintelError `server-insecure`
 */
export async function exchange(
  options: ExchangeOptions,
  membership: Membership,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<number> {
  if (membership.mode === 'feed') return await exchangeWithOurs(options, membership, signal, onProgress);
  const { store, dropSentImages } = options;
  const { origin, apiKey } = membership;
  requireSecure(origin, membership.allowHttp);
  await exchangeRealeyes({ store, origin, apiKey, scope: null, signal, onProgress });
  if (dropSentImages()) {
    await new Replica(store).dropAcknowledgedImages();
    await store.scrub();
  }
  return DEFAULT_POLICY.pollSeconds;
}

async function exchangeWithOurs(
  { store, modelId, version, dropSentImages, isBusy = () => false, mostUnasked, fetch }: ExchangeOptions,
  joined: FeedMembership,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<number> {
  const { origin, deviceKey, templateSecret } = joined;
  requireSecure(origin, joined.allowHttp);
  const address = { origin, signal, ...(fetch !== undefined && { fetch }) };
  const hello = await greet(address);
  if (hello === null) throw new LintelError('server-unsuitable');
  const transport = connect(address, deviceKey, hello);
  // The answering server first proves that it is the one that was joined: nothing else is taken from it before.
  const signed = await transport.policy();
  await takePolicy(store, joined, signed);
  const anchor = anchorOf(joined, signed);
  if (anchor !== null) await store.lineage.checkAnchor(anchor);
  const membership = await present(store, joined);
  if (membership.revoked) throw new LintelError('device-revoked');
  const { policy } = membership;
  try {
    const answer = await exchangeFeed({
      store,
      transport: whileJoined(transport, store, membership),
      modelId: modelId(),
      secret: Buffer.from(templateSecret, 'base64'),
      scope: async () => (await present(store, membership)).policy.collections,
      confirmRemovals: policy.confirmRemovals,
      mostUnasked,
      sendImages: policy.sendImages,
      events: policy.events,
      policyVersion: policy.version,
      dropSentImages: dropSentImages(),
      version,
      signal,
      onProgress,
      rest: () => (isBusy() ? sleep(REST_MS) : breathe()),
    });
    return (await takePolicy(store, membership, answer)) ? 0 : policy.pollSeconds;
  } catch (error) {
    if (toErrorBody(error).code === 'device-revoked') {
      await takePolicy(store, membership, await transport.policy());
    }
    throw error;
  }
}

/**
 * What is known of the server at this moment: another process may have taken over a newer policy.
 * @throws LintelError `sync-not-joined` where it left that server
 */
async function present(store: Store, membership: FeedMembership): Promise<FeedMembership> {
  const found = await membershipOf(store);
  if (!isMembershipOf(found, membership)) throw new LintelError('sync-not-joined');
  return found;
}

/** Tells the server nothing more once the appliance has left it: what waits from then on is for another, or for nobody. */
function whileJoined(transport: Transport, store: Store, membership: FeedMembership): Transport {
  const guarded = async <T>(send: () => Promise<T>): Promise<T> => {
    await present(store, membership);
    return await send();
  };
  return {
    ...transport,
    push: (body) => guarded(() => transport.push(body)),
    pull: (body) => guarded(() => transport.pull(body)),
    report: (body) => guarded(() => transport.report(body)),
    events: (body) => guarded(() => transport.events(body)),
  };
}
