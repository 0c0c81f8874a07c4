import { LintelError } from '#contract';

/** @throws LintelError `usage` when a file to be written has another type */
export function requireType(file: string | undefined, type: RegExp, message: string): void {
  if (file !== undefined && !type.test(file)) throw new LintelError('usage', message);
}
