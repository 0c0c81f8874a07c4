import { setImmediate as breathe } from 'node:timers/promises';
import {
  LintelError,
  MAX_TOLD_EVENTS,
  type Changes,
  type DevicePolicy,
  type DeviceReport,
  type EventPush,
  type EventsTaken,
  type Pull,
  type Push,
  type Pushed,
  type SessionClaim,
  type SignedPolicy,
  type SignedText,
} from '#contract';
import { LOCAL_ACCOUNT, type ReplicaState, type SqlStore, type Store } from '#core/store';
import { Replica } from '#core/sync';
import { Pace } from './pace.ts';

/** How a server is reached. Calls throw LintelError `server-unreachable`, or with what the server answered. */
export interface Transport {
  push(push: Push): Promise<Pushed>;
  pull(pull: Pull): Promise<Changes>;
  events(events: EventPush): Promise<EventsTaken>;
  report(report: DeviceReport): Promise<SignedPolicy>;
  /** Answered also when this appliance was revoked. */
  policy(): Promise<SignedPolicy>;
  /** Signed as `session-claim`; throws also `session-unknown`, `session-used`, `session-model`. */
  claimSession(claim: SessionClaim): Promise<SignedText>;
  /** @param result signed as `session-result` */
  settleSession(result: SignedText): Promise<void>;
}

export interface FeedExchangeOptions {
  readonly store: SqlStore;
  readonly transport: Transport;
  /** The embedding model of this appliance. */
  readonly modelId: string;
  /** The account's secret that rotates templates in transit. */
  readonly secret: Uint8Array;
  /** The appliance's scope at this moment: its collections; null: all. Another process may take over a newer policy. */
  readonly scope: () => Promise<readonly string[] | null>;
  /** Whether the policy lets the server remove as many people as it likes. */
  readonly confirmRemovals: boolean;
  /** How many may be removed otherwise, of so many people. */
  readonly mostUnasked?: ((people: number) => number) | undefined;
  readonly sendImages: boolean;
  /** What the server is told of events. */
  readonly events: DevicePolicy['events'];
  /** Version of the policy that `scope` and `confirmRemovals` come from. */
  readonly policyVersion: number;
  /** Whether images go from here once the server has them. */
  readonly dropSentImages: boolean;
  readonly version: string;
  readonly onProgress?: (progress: Progress) => void;
  /** Waited for after each piece of work of a few milliseconds. */
  readonly rest?: () => Promise<unknown>;
  readonly signal?: AbortSignal;
}

/** What an exchange has done so far. */
export interface Progress {
  readonly sent: number;
  readonly taken: number;
  readonly waiting: number;
}

/**
 * Most operations, or changes, in one message. Either side works on a message in one piece, some 20 ms at this size, and
 * a visitor may stand before the camera, or another appliance wait for the server.
 */
const MESSAGE = 64;

/** Most restarts of one exchange. An honest server causes one; other processes of this appliance may cause a few more. */
const MOST_BEGINNINGS = 8;

/** Another process may take over what is asked for. */
const MOST_FRUITLESS = 3;

/**
 * Bring an appliance in step with its server once: tell what waits, take what changed, clean up after deletions, report.
 * Interrupted anywhere, the next exchange goes on from there.
 * @returns what the server wants of this appliance, to be checked
 * @throws LintelError `server-unreachable`, `server-inconsistent` where its answers lead nowhere, `device-revoked`,
 *   `sync-not-joined`, and what the store throws
 */
export async function exchangeFeed(options: FeedExchangeOptions): Promise<SignedPolicy> {
  const {
    store,
    transport,
    modelId,
    secret,
    scope,
    confirmRemovals,
    mostUnasked,
    sendImages,
    policyVersion,
    dropSentImages,
    version,
    rest = breathe,
  } = options;
  const replica = new Replica(store);
  const newestEvent = await replica.events.newest();
  const images = sendImages ? 'all' : 'none';
  const pace = new Pace();
  const advancing = watchProgress();
  let sent = 0;
  let taken = 0;
  const progress = async () => {
    options.signal?.throwIfAborted();
    options.onProgress?.({ sent, taken, waiting: await replica.countPending() });
    await rest();
  };

  if ((await replica.countPending()) > 0) {
    // Ask before the first is noted as sent: a store that was set back would take new operations for those it lost.
    const asked = await replica.joined();
    const { replicaId } = asked;
    await replica.acknowledge(await transport.push({ replicaId, operations: [] }), asked);
  }
  for (;;) {
    const { operations, asked } = await replica.batch(MESSAGE, pace.bytes, { secret, images });
    if (operations.length === 0) break;
    const { replicaId } = asked;
    advancing(asked, `send ${operations[0]!.number}`);
    const answer = await pace.time(() => transport.push({ replicaId, operations }));
    await replica.acknowledge(answer, asked);
    sent += operations.length;
    await progress();
  }

  for (let more = true; more;) {
    const asked = await replica.joined();
    const { replicaId, cursor, comparing, horizon } = asked;
    const wanted = await replica.wanted(MESSAGE);
    advancing(asked, `take ${cursor} ${wanted.join(' ')}`);
    const query = { replicaId, cursor, limit: MESSAGE, bytes: pace.bytes, modelId, wanted };
    const pull = comparing === 0 ? query : { ...query, horizon };
    const changes = await pace.time(() => transport.pull(pull));
    const isBack = !changes.behind && changes.cursor < cursor && changes.feedId === asked.feedId;
    if (isBack) throw new LintelError('server-inconsistent');
    const policy = { scope: await scope(), confirmRemovals, mostUnasked };
    const taking = { modelId, secret, ...policy, wanted, rest };
    ({ more } = await replica.take(changes, taking, asked));
    taken += changes.faces.length + changes.goneFaces.length;
    await progress();
  }

  if (sendImages && dropSentImages) await replica.dropAcknowledgedImages();
  // Deletions count as done once nothing of them is left in the file.
  await store.scrub();
  // Where removals wait for an operator, they are not confirmed.
  const { count: held, confirmed } = await replica.held();
  const answer = await transport.report({
    cursor: confirmed,
    version,
    clock: new Date().toISOString(),
    queue: await replica.countPending(),
    parked: (await replica.parked()).length,
    faces: await countFaces(store),
    held,
    policy: policyVersion,
    audit: await store.audit.checkpoint(),
    anchor: (await store.lineage.anchor()) ?? undefined,
  });
  // Last: nothing else waits for them.
  await tellEvents(replica, options, newestEvent, progress);
  return answer;
}

/** @param upTo the newest event before anything was sent: the server knows the faces that those up to it are about */
async function tellEvents(
  { events }: Replica,
  { transport, events: telling }: FeedExchangeOptions,
  upTo: number,
  progress: () => Promise<void>,
): Promise<void> {
  if (telling === 'none') return await events.withhold();
  for (;;) {
    const batch = await events.batch(upTo, MAX_TOLD_EVENTS, telling);
    if (batch === null) return;
    await transport.events({ events: batch.events });
    await events.acknowledge(batch.last);
    await progress();
  }
}

/** @returns to be called before each question: it fails once the answers to those before made no difference */
function watchProgress(): (asked: ReplicaState, question: string) => void {
  let last = '';
  let fruitless = 0;
  const beginnings = new Set<string>();
  return ({ replicaId, comparing }, question) => {
    beginnings.add(`${replicaId} ${comparing}`);
    const present = `${replicaId} ${comparing} ${question}`;
    fruitless = present === last ? fruitless + 1 : 0;
    last = present;
    if (fruitless > MOST_FRUITLESS || beginnings.size > MOST_BEGINNINGS) {
      throw new LintelError('server-inconsistent');
    }
  };
}

async function countFaces(store: Store): Promise<number> {
  let count = 0;
  for (const { collectionId } of await store.listCollections(LOCAL_ACCOUNT)) {
    count += (await store.listFaces(LOCAL_ACCOUNT, collectionId, { limit: 0 })).total;
  }
  return count;
}
