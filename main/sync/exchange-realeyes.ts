import { setImmediate as breathe } from 'node:timers/promises';
import { ApiError, createClient, type Client } from '#client';
import { LintelError, type ErrorCode, type OperationKind } from '#contract';
import type { SqlStore, PendingOperation, PendingOperationOf } from '#core/store';
import { Replica } from '#core/sync';
import { answer, answerIfFound, refusalCode } from './realeyes-calls.ts';
import { ensureFace, removeFace, setKey, type RealeyesContext } from './realeyes-faces.ts';
import type { Progress } from './exchange-feed.ts';

export interface RealeyesExchangeOptions {
  readonly store: SqlStore;
  /** By default the store's. */
  readonly replica?: Replica;
  /** Scheme, host and port. */
  readonly origin: string;
  readonly apiKey: string;
  /** The appliance's scope: its collections; null: all. */
  readonly scope: readonly string[] | null;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
  /** How long the server may still work on a request whose connection broke; then it is asked whether it did. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 30_000;
/** A picture of 60 KB at 9.6 kbit/s takes 70 seconds. */
const TIMEOUT_MS = 5 * 60_000;

/**
 * Tell a server that speaks the Realeyes API, and nothing else, what waits, one operation after the other, and take
 * over its collections. Interrupted anywhere, also by a crash, the next exchange goes on from there. Only one may run at
 * a time.
 * @throws LintelError `server-unreachable` (see `retryAfter`), `unauthenticated`, `forbidden`, `sync-not-joined`, and
 *   what the store throws
 */
export async function exchangeRealeyes(options: RealeyesExchangeOptions): Promise<void> {
  const { store, origin, apiKey, scope, signal, patienceMs = PATIENCE_MS } = options;
  const { replica = new Replica(store) } = options;
  const notes = replica.realeyes;
  const stop = signal === undefined ? {} : { signal };
  const client = createClient({ origin, apiKey, timeoutMilliseconds: TIMEOUT_MS, ...stop });
  const server = new URL(origin).origin;
  const context: RealeyesContext = { store, notes, client, server, patienceMs, ...stop };
  const replicaId = await notes.begin(server);
  await takeCollections(replica, client, scope);
  for (let sent = 0; ; sent++) {
    signal?.throwIfAborted();
    options.onProgress?.({ sent, taken: 0, waiting: await replica.countPending() });
    const operation = await notes.next(replicaId);
    if (operation === null) break;
    await notes.settle(replicaId, operation, await attempt(operation, context));
    await breathe();
  }
  // Pictures of deleted faces were kept until the server had answered.
  await store.scrub();
}

async function takeCollections(
  replica: Replica,
  client: Client,
  scope: readonly string[] | null,
): Promise<void> {
  const { collections } = await answer(client.getAllCollections({}));
  const list = (collections ?? []).flatMap(({ collectionId, description }) =>
    collectionId === null ? [] : [{ collectionId, description }],
  );
  await replica.takeCollections(list, scope);
}

/** @returns why the server refuses it, or null when it is done */
async function attempt(operation: PendingOperation, context: RealeyesContext): Promise<ErrorCode | null> {
  if (operation.kind === 'unreadable') return 'operation-unknown';
  try {
    return (await run(operation.kind, operation, context)) ?? null;
  } catch (error) {
    if (error instanceof ApiError) return refusalCode(error);
    if (error instanceof LintelError && REFUSALS.includes(error.code)) return error.code;
    throw error;
  }
}

const run = <K extends OperationKind>(kind: K, operation: PendingOperationOf<K>, context: RealeyesContext) =>
  RUNNERS[kind](operation, context);

/** Refusals that another try would not change. */
const REFUSALS: readonly ErrorCode[] = ['picture-missing', 'no-face'];

/** Runs one kind of pending operation. Running it again from the start is safe. */
type Runner<K extends OperationKind> = (
  operation: PendingOperationOf<K>,
  context: RealeyesContext,
) => Promise<ErrorCode | null | void>;

/** The Realeyes API has no call for this operation. */
const nothing = async (): Promise<void> => {};

const RUNNERS: { readonly [K in OperationKind]: Runner<K> } = {
  'collection-created': async ({ body: collection }, { client }) => {
    try {
      await answer(client.createCollection(collection));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      if (collection.description !== null) await answer(client.updateCollection(collection));
    }
  },

  // A face that is not there was deleted by another client.
  'collection-updated': async ({ body }, { client }) => {
    await answerIfFound(client.updateCollection(body));
  },

  'collection-deleted': async ({ body }, { client }) => {
    await answerIfFound(client.deleteCollection(body));
  },

  'face-added': async ({ collectionId, faceId, body }, context) => {
    const { externalKey } = body;
    const face = { collectionId: collectionId!, faceId: faceId!, externalKey };
    const remoteId = await ensureFace(context, face);
    if (remoteId === null || externalKey === null) return null;
    return await setKey(context, face.collectionId, remoteId, externalKey, false);
  },

  'external-key-set': async ({ body }, context) => {
    const { collectionId, faceId, externalKey, allowDuplicates } = body;
    // A face that was refused takes its key along when it is sent once more.
    const remoteId = (await context.notes.remoteFace(faceId))?.remoteId ?? null;
    if (remoteId === null) return null;
    return await setKey(context, collectionId, remoteId, externalKey, allowDuplicates);
  },

  'external-key-removed': async ({ body }, { notes, client }) => {
    const { collectionId, faceId, externalKey } = body;
    const remoteId = (await notes.remoteFace(faceId))?.remoteId ?? null;
    if (remoteId === null) return;
    await answerIfFound(client.deleteExternalKey({ collectionId, externalKey, faceId: remoteId }));
  },

  'faces-deleted': async ({ body }, context) => {
    const { collectionId, faceIds } = body;
    for (const faceId of faceIds) await removeFace(context, collectionId, faceId);
  },

  'references-added': nothing,
  'references-removed': nothing,
  'metadata-set': nothing,
  'conflict-resolved': nothing,
  void: nothing,
};
