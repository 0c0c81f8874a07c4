import { ApiError, type Client } from '#client';
import { LintelError } from '#contract';
import { LOCAL_ACCOUNT, type Store } from '#core/store';
import { answerIfFound, refusalCode } from './documented-calls.ts';

export interface OnlineSearch {
  readonly store: Store;
  readonly client: Client;
  readonly collectionId: string;
  /** JPEG or PNG of the person to be found. */
  readonly image: Uint8Array;
  /** Least confidence, 0..100, whole: the server's rates are per comparison. */
  readonly faceMatchThreshold: number;
  readonly signal?: AbortSignal;
}

/** Who a server takes a person for. */
export interface OnlineMatch {
  /** The face of this appliance that it is, or null when it was enrolled elsewhere. */
  readonly faceId: string | null;
  readonly remoteId: string;
  readonly externalKey: string | null;
}

/**
 * Ask a server that speaks the documented API for a person who is not found here. Changes nothing on either side.
 * @returns null when it finds nobody, has no such collection, or finds only who was deleted here
 * @throws LintelError `server-unreachable`, `unauthenticated`, `forbidden`, and why it refuses the picture
 */
export async function searchOnline(search: OnlineSearch): Promise<OnlineMatch | null> {
  const { store, client, collectionId, faceMatchThreshold, signal } = search;
  const image = { bytes: Buffer.from(search.image).toString('base64') };
  const input = { collectionId, image, faceMatchThreshold };
  const call = client.searchFace(input, signal === undefined ? {} : { signal });
  const found = await answerIfFound(call).catch((error: unknown) => {
    throw error instanceof ApiError ? new LintelError(refusalCode(error)) : error;
  });
  if (found === null || found.faceId === null) return null;
  const { faceId: remoteId, externalKey } = found;
  const [faceId = null] = await store.replica.documented.localFaces(collectionId, remoteId);
  if (faceId === null) return { faceId, remoteId, externalKey };
  // The server has yet to hear of a deletion.
  const isHere = await store.getFace(LOCAL_ACCOUNT, collectionId, faceId).then(
    () => true,
    (error: unknown) => {
      if (error instanceof LintelError && error.code.endsWith('not-found')) return false;
      throw error;
    },
  );
  return isHere ? { faceId, remoteId, externalKey } : null;
}
