import { setImmediate as breathe } from 'node:timers/promises';
import type { Changes, DeviceReport, Pull, Push, Pushed, SignedPolicy } from '#contract';
import { LOCAL_ACCOUNT, type Store } from '#core/store';
import { Pace } from './pace.ts';

/** How a server is reached. Calls throw LintelError `server-unreachable`, or with what the server answered. */
export interface Transport {
  push(push: Push): Promise<Pushed>;
  pull(pull: Pull): Promise<Changes>;
  report(report: DeviceReport): Promise<SignedPolicy>;
  /** Answered also when this appliance was revoked. */
  policy(): Promise<SignedPolicy>;
}

export interface ExchangeOptions {
  readonly store: Store;
  readonly transport: Transport;
  /** The embedding model of this appliance. */
  readonly modelId: string;
  /** By which templates are rotated on their way. */
  readonly secret: Uint8Array;
  /** Collections this appliance carries at this moment; null: all. Another process may take over a newer policy. */
  readonly carried: () => Promise<readonly string[] | null>;
  readonly sendImages: boolean;
  /** Version of the policy that says so. */
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
 * somebody may stand before the camera, or another appliance wait for the server.
 */
const MESSAGE = 64;

/**
 * Bring an appliance in step with its server once: tell what waits, take what changed, clean up after deletions, report.
 * Interrupted anywhere, the next exchange goes on from there.
 * @returns what the server wants of this appliance, to be checked
 * @throws LintelError `server-unreachable`, `device-revoked`, `sync-not-joined`, and what the store throws
 */
export async function exchange(options: ExchangeOptions): Promise<SignedPolicy> {
  const {
    store,
    transport,
    modelId,
    secret,
    carried,
    sendImages,
    policyVersion,
    dropSentImages,
    version,
    rest = breathe,
  } = options;
  const { replica } = store;
  const images = sendImages ? 'all' : 'none';
  const pace = new Pace();
  let sent = 0;
  let taken = 0;
  const progress = async () => {
    options.signal?.throwIfAborted();
    options.onProgress?.({ sent, taken, waiting: await replica.queueLength() });
    await rest();
  };

  if ((await replica.queueLength()) > 0) {
    // Ask before the first is noted as sent: a store that was set back would take new operations for those it lost.
    const asked = await replica.joined();
    const { replicaId } = asked;
    await replica.settle(await transport.push({ replicaId, operations: [] }), asked);
  }
  for (;;) {
    const { operations, asked } = await replica.batch(MESSAGE, pace.bytes, { secret, images });
    if (operations.length === 0) break;
    const { replicaId } = asked;
    const answer = await pace.time(() => transport.push({ replicaId, operations }));
    await replica.settle(answer, asked);
    sent += operations.length;
    await progress();
  }

  for (let more = true; more;) {
    const asked = await replica.joined();
    const { replicaId, cursor, comparing, horizon } = asked;
    const wanted = await replica.wanted(MESSAGE);
    const query = { replicaId, cursor, limit: MESSAGE, bytes: pace.bytes, modelId, wanted };
    const pull = comparing === 0 ? query : { ...query, horizon };
    const changes = await pace.time(() => transport.pull(pull));
    const taking = { modelId, secret, carried: await carried(), wanted, rest };
    ({ more } = await replica.take(changes, taking, asked));
    taken += changes.faces.length + changes.goneFaces.length;
    await progress();
  }

  if (sendImages && dropSentImages) await replica.dropToldImages();
  // Deletions count as done once nothing of them is left in the file.
  await store.scrub();
  const { cursor } = await replica.joined();
  return await transport.report({
    cursor,
    version,
    clock: new Date().toISOString(),
    queue: await replica.queueLength(),
    parked: (await replica.parked()).length,
    faces: await countFaces(store),
    policy: policyVersion,
    audit: await store.audit.checkpoint(),
  });
}

async function countFaces(store: Store): Promise<number> {
  let count = 0;
  for (const { collectionId } of await store.listCollections(LOCAL_ACCOUNT)) {
    count += (await store.listFaces(LOCAL_ACCOUNT, collectionId, { limit: 0 })).total;
  }
  return count;
}
