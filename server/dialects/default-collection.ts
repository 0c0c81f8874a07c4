import { LintelError } from '#contract';
import type { Gallery } from '#core/gallery';

/** The collection of APIs without collections. The first enrolment creates it. */
export const DEFAULT_COLLECTION = 'default';

/** What a call answers, or a value of its own while the collection is missing. */
export async function whereThere<T>(call: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof LintelError && error.code === 'collection-not-found') return otherwise;
    throw error;
  }
}

export const countEnrolled = (gallery: Gallery): Promise<number> =>
  whereThere(() => gallery.count(DEFAULT_COLLECTION), 0);
