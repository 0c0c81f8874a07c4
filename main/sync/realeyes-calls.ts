import { ApiError } from '#client';
import { LintelError, QualityCode, type ErrorCode } from '#contract';

/** Answers that say nothing about the request itself: the same may be accepted later. */
const TRANSIENT = new Set([408, 425, 429]);

/**
 * What a server may say of the picture, key or collection that it was sent. The page of the API lists no codes, but a server may give
 * ours; any other, such as `store-full` or `sync-not-joined`, would pass for something that only the appliance itself can know.
 */
const SAYABLE: readonly ErrorCode[] = [
  'image-empty',
  'image-unsupported',
  'image-corrupt',
  'image-too-large',
  'image-too-many-pixels',
  'image-too-small',
  'no-face',
  'several-faces',
  ...QualityCode.options,
  'collection-id-invalid',
  'collection-not-found',
  'collection-exists',
  'too-many-collections',
  'face-not-found',
  'external-key-invalid',
  'external-key-in-use',
];

/**
 * Await a call of the Realeyes API.
 * @throws ApiError for a refusal that would be the same the next time; LintelError `unauthenticated`, `forbidden`, and
 *   `server-unreachable` for everything after which it is unknown whether the server did the work
 */
export async function answer<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof ApiError))
      throw new LintelError('server-unreachable', undefined, { cause: error });
    const { status } = error;
    if (status === 401) throw new LintelError('unauthenticated', undefined, { cause: error });
    if (status === 403) throw new LintelError('forbidden', undefined, { cause: error });
    if (status < 400 || status >= 500 || TRANSIENT.has(status)) {
      throw new LintelError('server-unreachable', `(It answered ${status}.)`, { cause: error });
    }
    throw error;
  }
}

/** As {@link answer}. @returns null where the server answers 404 */
export async function answerIfFound<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await answer(call);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** The error code that an operator sees for a refusal. */
export function refusalCode({ code, status }: ApiError): ErrorCode {
  const named = SAYABLE.find((each) => each === code);
  if (named !== undefined) return named;
  return status === 413 ? 'image-too-large' : 'server-refused';
}

/** Seconds that the server asked to wait before another try, or null. */
export function retryAfter(error: unknown): number | null {
  const cause = error instanceof LintelError ? error.cause : null;
  return cause instanceof ApiError ? cause.retryAfter : null;
}
