import { ApiError, type Client } from '#client';
import { z } from 'zod';
import { ExternalKey, LintelError, type Face } from '#contract';
import { LOCAL_ACCOUNT, type SqlStore, type Store } from '#core/store';
import { Replica, type RealeyesReplica } from '#core/sync';
import { answerIfFound, refusalCode } from './realeyes-calls.ts';

export interface OnlineSearch {
  readonly store: SqlStore;
  readonly client: Client;
  readonly collectionId: string;
  /** JPEG or PNG of the person to be found. */
  readonly image: Uint8Array;
  /** Least confidence, 0..100, whole: the server's rates are per comparison. */
  readonly faceMatchThreshold: number;
}

/** The identity that a server found. */
export interface OnlineMatch {
  /** The face of this appliance that it is, or null when it was enrolled elsewhere. */
  readonly faceId: string | null;
  /** The name of that face, if it has one. */
  readonly name: string | null;
  readonly remoteId: string;
  readonly externalKey: string | null;
}

/** The face that a server found, bounded as the API's page says. */
const Found = z.object({ faceId: z.string().min(1).max(512), externalKey: ExternalKey.nullable() });

/**
 * Ask a server that speaks the Realeyes API for a person who is not found here. Changes nothing on either side.
 * @returns null when it finds no face, has no such collection, or finds only a face that was deleted here
 * @throws LintelError `server-unreachable` (its cause: what the client threw), `unauthenticated`, `forbidden`, and why it refuses the picture
 */
export async function searchOnline(search: OnlineSearch): Promise<OnlineMatch | null> {
  const { store, client, collectionId, faceMatchThreshold } = search;
  const image = { bytes: Buffer.from(search.image).toString('base64') };
  const input = { collectionId, image, faceMatchThreshold };
  const found = await answerIfFound(client.searchFace(input)).catch((error: unknown) => {
    throw error instanceof ApiError ? new LintelError(refusalCode(error)) : error;
  });
  if (found === null || found.faceId === null) return null;
  const parsed = Found.safeParse(found);
  if (!parsed.success) throw new LintelError('server-unreachable', '(Its answer makes no sense.)');
  const { faceId: remoteId, externalKey } = parsed.data;
  const { realeyes } = new Replica(store);
  const [faceId] = await realeyes.localFaces(collectionId, remoteId);
  if (faceId === undefined) {
    if (await mayHaveDeleted(store, realeyes, collectionId)) return null;
    return { faceId: null, name: null, remoteId, externalKey };
  }
  // The server does not know of a deletion yet.
  const face = await faceHere(store, collectionId, faceId);
  return face && { faceId, name: face.metadata.name ?? null, remoteId, externalKey };
}

/** Whether the server may have a face that was deleted here, under an id that is not known yet. */
async function mayHaveDeleted(
  store: Store,
  realeyes: RealeyesReplica,
  collectionId: string,
): Promise<boolean> {
  for (const faceId of await realeyes.unanswered()) {
    const sent = await realeyes.remoteFace(faceId);
    const isDeleted = (await faceHere(store, collectionId, faceId)) === null;
    if (sent?.collectionId === collectionId && isDeleted) return true;
  }
  return false;
}

async function faceHere(store: Store, collectionId: string, faceId: string): Promise<Face | null> {
  try {
    return await store.getFace(LOCAL_ACCOUNT, collectionId, faceId);
  } catch (error) {
    if (error instanceof LintelError && error.code.endsWith('not-found')) return null;
    throw error;
  }
}
