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
