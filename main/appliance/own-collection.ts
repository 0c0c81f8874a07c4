import { LintelError, type Face } from '#contract';
import type { Gallery } from '#core/gallery';

/** An answer about the kiosk's collection, which its server may have taken away: then no face is in it. */
export async function orIfGone<T>(answer: Promise<T>, nobody: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof LintelError && error.code === 'collection-not-found') return nobody;
    throw error;
  }
}

/** An answer about a face; null where another process has removed it since. */
export async function ifThere<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof LintelError && error.code === 'face-not-found') return null;
    throw error;
  }
}

/** Somebody enrolled; null where they, or the whole collection, are gone. */
export const faceIfThere = (
  gallery: Pick<Gallery, 'getFace'>,
  collectionId: string,
  faceId: string,
): Promise<Face | null> => orIfGone(ifThere(gallery.getFace(collectionId, faceId)), null);
