import { open, writeFile } from 'node:fs/promises';

/** A new file that only its owner can read, on the disk before this returns. @throws EEXIST */
export async function writeDurably(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600, flag: 'wx', flush: true });
}

/** Makes what was created, renamed or removed in a folder survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path);
  await directory.sync();
}

/** The code of a system or SQLite error, such as ENOENT. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
