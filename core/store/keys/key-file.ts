import { randomBytes } from 'node:crypto';
import { link, open, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { LintelError, withoutMark } from '#contract';
import { errorCode, makeFolder, syncDirectory, writeDurably } from '../disk/files.ts';
import { headsIn, type KeptHeads } from './kept-heads.ts';
import type { KekProvider } from './kek-provider.ts';
import { seal, unseal } from './seal.ts';

/** 256 bits in hexadecimal, so that a person can copy it to safety. */
const KeyFile = z
  .string()
  .regex(/^[0-9a-f]{64}\s*$/)
  .transform((text) => Buffer.from(text.trim(), 'hex'));

/**
 * A key-encryption key in a file of its owner (mode 0600), made when a store is created and the file is absent.
 * @param path by default LINTEL_KEY_FILE, else `lintel.key` among the systemd credentials, else `lintel/key` in the
 *   user's configuration folder. Keep a copy apart from the store: without it the store cannot be opened.
 */
export function fileKekProvider(path: string = defaultPath()): KekProvider {
  return {
    kind: 'key-file',
    heads: headsBeside(path),
    epochs: epochsBeside(path),
    wrap: async (dataKey) => {
      const kek = (await readKek(path)) ?? (await createKek(path));
      try {
        return seal(kek, dataKey);
      } finally {
        kek.fill(0);
      }
    },
    unwrap: async (sealed) => {
      const kek = await readKek(path);
      if (kek === null) throw new LintelError('store-key-missing', `(${path})`);
      const dataKey = unseal(kek, sealed);
      kek.fill(0);
      if (dataKey === null) throw new LintelError('store-key-wrong', `(${path})`);
      return dataKey;
    },
  };
}

/**
 * A new key in a file that no other user of the machine can read at any moment.
 * @throws LintelError `file-exists`; `store-key-missing` where it cannot be made
 */
export async function createKeyFile(path: string): Promise<void> {
  if ((await readFile(path)) !== null) throw new LintelError('file-exists', `(${path})`);
  (await createKek(path)).fill(0);
}

/**
 * Where heads of audit logs lie for a key in a file: in the folder that LINTEL_HEADS names, else beside the file. Beside
 * systemd's credentials nothing can be kept.
 */
export function headsBeside(file: string): KeptHeads | null {
  const folder = process.env['LINTEL_HEADS'] || folderBeside(file, 'heads');
  return folder === null ? null : headsIn(folder);
}

/** Where keys of epochs lie: in the folder that LINTEL_EPOCHS names, else as heads do. */
export const epochsBeside = (file: string): string | null =>
  process.env['LINTEL_EPOCHS'] || folderBeside(file, 'epochs');

function folderBeside(file: string, name: string): string | null {
  const { CREDENTIALS_DIRECTORY } = process.env;
  return CREDENTIALS_DIRECTORY && dirname(file) === CREDENTIALS_DIRECTORY ? null : `${file}.${name}`;
}

function defaultPath(): string {
  const { LINTEL_KEY_FILE, CREDENTIALS_DIRECTORY, XDG_CONFIG_HOME } = process.env;
  if (LINTEL_KEY_FILE) return LINTEL_KEY_FILE;
  if (CREDENTIALS_DIRECTORY) return join(CREDENTIALS_DIRECTORY, 'lintel.key');
  return join(XDG_CONFIG_HOME || join(homedir(), '.config'), 'lintel', 'key');
}

/** The key, or null when there is no such file. */
async function readKek(path: string): Promise<Buffer | null> {
  const found = await readFile(path);
  if (found === null) return null;
  // systemd grants a credential to its service through an access list, which shows as the group's permission to
  // read; the folder around it keeps everybody else out.
  const isCredential = dirname(path) === process.env['CREDENTIALS_DIRECTORY'];
  if ((found.mode & (isCredential ? 0o037 : 0o077)) !== 0) {
    throw new LintelError('store-key-exposed', `(${path})`);
  }
  const kek = KeyFile.safeParse(withoutMark(found.text));
  if (!kek.success) throw new LintelError('store-key-wrong', `(${path} does not hold a key)`);
  return kek.data;
}

async function readFile(path: string): Promise<{ mode: number; text: string } | null> {
  try {
    await using file = await open(path);
    return { mode: (await file.stat()).mode, text: await file.readFile('utf8') };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw new LintelError('store-key-missing', `(${path} cannot be read)`, { cause: error });
  }
}

/** Appears whole or not at all; of two processes that create it one wins, and both use its key. */
async function createKek(path: string): Promise<Buffer> {
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    await makeFolder(dirname(path));
    await writeDurably(draft, `${randomBytes(32).toString('hex')}\n`);
    await link(draft, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    if (errorCode(error) === 'ENOSPC') throw error;
    if (errorCode(error) !== 'EEXIST') {
      throw new LintelError('store-key-missing', `(${path} cannot be created)`, { cause: error });
    }
  } finally {
    await rm(draft, { force: true });
  }
  const kek = await readKek(path);
  if (kek === null) throw new LintelError('store-key-missing', `(${path})`);
  return kek;
}
