import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { LintelError } from '#contract';
import { errorCode, makeFolder } from './files.ts';
import { asLintelError } from './sqlite-errors.ts';

const DENIALS: ReadonlySet<string | undefined> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'SQLITE_CANTOPEN',
  'SQLITE_READONLY',
]);

/** What to tell about a file or folder that could not be made or written. */
export function unwritable(path: string, error: unknown): LintelError {
  if (errorCode(error) === 'EEXIST') return new LintelError('file-exists', `(${path})`);
  const known = asLintelError(error);
  return known instanceof LintelError
    ? known
    : new LintelError('usage', `${path} cannot be written.`, { cause: error });
}

/** An error in a folder of the user's choice as one of the catalogue; anything unforeseen comes back as it is. */
export function asErrorIn(folder: string, error: unknown): unknown {
  return DENIALS.has(errorCode(error)) ? unwritable(folder, error) : asLintelError(error);
}

/** Makes a data folder where there is none. @throws LintelError `file-exists`, `usage` when it is of no use */
export async function makeDataFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
}
