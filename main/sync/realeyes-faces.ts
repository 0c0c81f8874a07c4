import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type Client } from '#client';
import { LintelError, type ErrorCode } from '#contract';
import { LOCAL_ACCOUNT, type Store } from '#core/store';
import type { RealeyesReplica } from '#core/sync';
import { answer, answerIfFound, refusalCode } from './realeyes-calls.ts';

/** Least confidence at which a picture that is sent again is the face it made: a false-match rate of 1e-6. */
const SAME_FACE = 95;

export interface RealeyesContext {
  readonly store: Store;
  readonly notes: RealeyesReplica;
  readonly client: Client;
  /** Scheme, host and port of the server. */
  readonly server: string;
  /** How long a server may still work on a request whose connection broke. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal;
}

/** A face that the server found or made. */
interface Found {
  readonly faceId: string | null;
  readonly externalKey: string | null;
}

/**
 * Make sure that the server has a face of this appliance, once.
 * @returns its id there; null when the face was deleted here meanwhile
 * @throws LintelError `picture-missing`, `no-face`; ApiError, and as `answer`
 */
export async function ensureFace(
  context: RealeyesContext,
  { collectionId, faceId, externalKey }: { collectionId: string; faceId: string; externalKey: string | null },
): Promise<string | null> {
  const { notes, client, server } = context;
  const known = await notes.remoteFace(faceId);
  if (known !== null && known.remoteId !== null) return known.remoteId;
  // One at a time, or the one could be taken for the other: these were deleted since they were sent.
  for (const lost of await notes.unanswered()) if (lost !== faceId) await findLost(context, lost);
  const attempt = await notes.attempt(server, faceId);
  if (attempt === null) return null;
  const sent = { collectionId, image: imageOf(attempt.picture) };

  let found: Found | null = null;
  if (attempt.repeated) {
    await letArrive(context, attempt.attemptedAt);
    const search = { ...sent, faceMatchThreshold: SAME_FACE };
    found = await inCollection(context, collectionId, () => client.searchOrIndexFace(search));
    // A face that looks as much alike is another person's: had the picture become a face, that one would look more alike still.
    if (!(await isOwn(context, collectionId, found, attempt.mayHaveExternalKey ? externalKey : null)))
      found = null;
  }
  if (found === null) {
    const { faceId } = await inCollection(context, collectionId, () => client.indexFace(sent));
    found = { faceId, externalKey: null };
  }
  if (found.faceId === null) throw new LintelError('no-face');
  await notes.found(faceId, found.faceId);
  return found.faceId;
}

/** Make sure that the server does not have a face of this appliance. @throws as `answer` */
export async function removeFace(
  context: RealeyesContext,
  collectionId: string,
  faceId: string,
): Promise<void> {
  const { notes, client } = context;
  const remoteId = await findLost(context, faceId);
  if (remoteId === null) return;
  if ((await notes.localFaces(collectionId, remoteId)).length === 1) {
    await answerIfFound(client.deleteFace({ collectionId, faceId: remoteId }));
  }
  await notes.absent(faceId);
}

/**
 * Give a face of the server a key.
 * @returns why it cannot have it, or null
 * @throws as `answer`
 */
export async function setKey(
  { notes, client }: RealeyesContext,
  collectionId: string,
  remoteId: string,
  externalKey: string,
  allowDuplicates: boolean,
): Promise<ErrorCode | null> {
  const set = (allowDuplicates: boolean) =>
    refusalOf(client.setExternalKey({ collectionId, faceId: remoteId, externalKey, allowDuplicates }));
  const refusal = await set(allowDuplicates);
  if (refusal === null) return null;
  if (refusal.status === 404) return refusalCode(refusal);
  const answered = await answerIfFound(client.getFaceIds({ collectionId, externalKey }));
  const holders = answered?.faceIds ?? [];
  if (holders.includes(remoteId)) return null;
  if (holders.length === 0) return refusalCode(refusal);
  let isShared = allowDuplicates;
  for (const holder of holders) {
    const local = await notes.localFaces(collectionId, holder);
    if (local.length === 0) return 'external-key-in-use';
    // Two faces here have the key, as an operator allowed; or one has lost it, which the server has yet to hear.
    if (await notes.hasExternalKey(local, externalKey)) isShared = true;
    else await answerIfFound(client.deleteExternalKey({ collectionId, externalKey, faceId: holder }));
  }
  const again = await set(isShared);
  return again === null ? null : refusalCode(again);
}

/**
 * Find out whether the server has a face that is to be deleted, or was, and whose picture was sent without an answer.
 * @returns its id there, or null
 */
async function findLost(context: RealeyesContext, faceId: string): Promise<string | null> {
  const { notes } = context;
  const known = await notes.remoteFace(faceId);
  if (known === null || known.remoteId !== null) return known?.remoteId ?? null;
  const { collectionId, picture, attemptedAt } = known;
  if (picture !== null) {
    await letArrive(context, attemptedAt);
    const search = { collectionId, image: imageOf(picture), faceMatchThreshold: SAME_FACE };
    // A picture that it refuses to search for it did not index.
    const found = await answer(context.client.searchFace(search)).catch((error: unknown) => {
      if (error instanceof ApiError) return null;
      throw error;
    });
    if (found !== null && found.faceId !== null && (await isOwn(context, collectionId, found, null))) {
      await notes.found(faceId, found.faceId);
      return found.faceId;
    }
  }
  await notes.absent(faceId);
  return null;
}

/**
 * Whether a face that looks like a picture is the one that this picture made: it belongs to no other face of this
 * appliance, and has no key, which indexing never gives.
 * @param externalKey that it may have nevertheless
 */
async function isOwn(
  { notes }: RealeyesContext,
  collectionId: string,
  found: Found,
  externalKey: string | null,
): Promise<boolean> {
  if (found.faceId === null) return true;
  if (found.externalKey !== null && found.externalKey !== externalKey) return false;
  return (await notes.localFaces(collectionId, found.faceId)).length === 0;
}

/** A collection that is not there is made: an enrolment is never lost. */
async function inCollection<T>(
  { store, client }: RealeyesContext,
  collectionId: string,
  call: () => Promise<T>,
): Promise<T> {
  const first = await answerIfFound(call());
  if (first !== null) return first;
  const collections = await store.listCollections(LOCAL_ACCOUNT);
  const description = collections.find((each) => each.collectionId === collectionId)?.description ?? null;
  await refusalOf(client.createCollection({ collectionId, description }));
  return await answer(call());
}

/** A request that was cut off may be carried out late: who asked at once would not find its face. */
async function letArrive({ patienceMs, signal }: RealeyesContext, attemptedAt: string | null): Promise<void> {
  if (attemptedAt === null) return;
  // However wrong the clock is.
  const left = Math.min(patienceMs, Date.parse(attemptedAt) + patienceMs - Date.now());
  if (left > 0) await sleep(left, undefined, { ...(signal !== undefined && { signal }) });
}

async function refusalOf(call: Promise<unknown>): Promise<ApiError | null> {
  try {
    await answer(call);
    return null;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

const imageOf = (picture: Uint8Array): { bytes: string } => ({
  bytes: Buffer.from(picture).toString('base64'),
});
