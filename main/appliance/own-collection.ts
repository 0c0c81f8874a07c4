import { LintelError } from '#contract';

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
