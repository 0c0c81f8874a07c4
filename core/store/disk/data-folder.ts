import { constants, existsSync } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError } from '#contract';
import { errorCode, makeFolder } from './files.ts';
import { unwritable } from './unwritable.ts';

/** Names in a data folder that are Lintel's. Whatever else lies there is never touched. */
const OWN = /^(store|settings|receipts|running|reserve)\b/;

/**
 * Makes a data folder where there is none, and refuses one in which a name of Lintel's own is a link, a pipe, a socket or a
 * device: through a link, another user with write access to the folder could have Lintel read or overwrite a file
 * elsewhere, and a pipe would block Lintel for ever. The folder itself may be reached through links.
 * @throws LintelError `file-exists`, `usage` when it is of no use, `data-folder-unsafe`
 */
export async function makeDataFolder(dir: string): Promise<void> {
  await makeFolder(dir)
    .then(() => access(dir, constants.R_OK | constants.W_OK | constants.X_OK))
    .catch((error: unknown) => {
      // What is there can be read.
      if (errorCode(error) === 'EROFS' && existsSync(dir)) return;
      throw unwritable(dir, error);
    });
  await requirePlainFiles(dir);
}

/**
 * The check of {@link makeDataFolder} alone, for who only reads.
 * @throws LintelError `usage` where it may not look, `data-folder-unsafe`
 */
export async function requirePlainFiles(dir: string): Promise<void> {
  for (const entry of await list(dir)) {
    if (!OWN.test(entry.name)) continue;
    const path = join(dir, entry.name);
    if (!entry.isDirectory()) requirePlain(path, entry.isFile());
    else for (const inner of await list(path)) requirePlain(join(path, inner.name), inner.isFile());
  }
}

function requirePlain(path: string, isPlain: boolean): void {
  if (!isPlain) throw new LintelError('data-folder-unsafe', `(${path})`);
}

/** What is in a folder. One that is not there, or no longer, such as a draft of another process, holds nothing. */
async function list(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return [];
    throw unwritable(folder, error);
  }
}
