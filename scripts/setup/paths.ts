import { fileURLToPath } from 'node:url';

/** Folders of the project that set-up fills; all but `models/` itself are ignored by git. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const MODELS = fileURLToPath(new URL('../../models/', import.meta.url));
export const CACHE = fileURLToPath(new URL('../../.cache/', import.meta.url));

/** Progress goes to standard error: standard output belongs to the command that follows. */
export function say(message: string): void {
  process.stderr.write(`${message}\n`);
}
