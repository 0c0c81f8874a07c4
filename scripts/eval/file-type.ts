import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { LintelError } from '#contract';

/** @throws LintelError `usage` when a file to be written has another type, or cannot be written */
export function requireType(file: string | undefined, type: RegExp, message: string): void {
  if (file !== undefined && !type.test(file)) throw new LintelError('usage', message);
  requireFolder(file);
}

/** Before long work whose results it takes. @throws LintelError `usage` when a file to be written has no folder */
export function requireFolder(file: string | undefined): void {
  if (file === undefined) return;
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw new LintelError('usage', `The folder of ${file} cannot be written.`, { cause: error });
  }
}
