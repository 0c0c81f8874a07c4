import { LintelError } from '#contract';
import { errorCode } from './files.ts';
import { asLintelError } from './sqlite-errors.ts';

/** What keeps a file or folder from being used, by the code of the system's or SQLite's error. */
const DENIALS: ReadonlyMap<string | undefined, string> = new Map([
  ['EACCES', ' The user that Lintel runs as may not.'],
  ['EPERM', ' The user that Lintel runs as may not.'],
  ['EROFS', ' Its disk is read-only.'],
  ['EISDIR', ' It is a folder.'],
  ['ENOTDIR', ' Something on the way to it is no folder.'],
  ['ELOOP', ' It is a link.'],
  ['SQLITE_CANTOPEN', ''],
]);

/** What to tell about a file or folder that could not be made or written. */
export function unwritable(path: string, error: unknown): LintelError {
  if (errorCode(error) === 'EEXIST') return new LintelError('file-exists', `(${path})`);
  const known = asLintelError(error);
  // Who names a place on such a disk to write to can name another.
  if (known instanceof LintelError && errorCode(error) !== 'EROFS') return known;
  const reason = DENIALS.get(errorCode(error)) ?? '';
  return new LintelError('usage', `${path} cannot be written.${reason}`, { cause: error });
}

/** An error in a folder of the user's choice as one of the catalogue; anything unforeseen comes back as it is. */
export function asErrorIn(folder: string, error: unknown): unknown {
  return DENIALS.has(errorCode(error)) ? unwritable(folder, error) : asLintelError(error);
}
