import { LintelError } from '#contract';

/** What to tell about a file or folder that could not be made. */
export function unwritable(path: string, error: unknown): LintelError {
  const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
  return exists
    ? new LintelError('file-exists', `(${path})`)
    : new LintelError('usage', `${path} cannot be written.`, { cause: error });
}
