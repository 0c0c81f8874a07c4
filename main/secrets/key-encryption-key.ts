import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LintelError } from '#contract';
import {
  epochsBeside,
  fileKekProvider,
  headsBeside,
  passphraseKekProvider,
  type KekProvider,
} from '#core/store';

/** Which key-encryption key. At most one. */
export interface KeyChoice {
  /** A file with a key. */
  readonly keyFile?: string | undefined;
  /** A file with a passphrase; a byte-order mark and a line break at its end do not count. */
  readonly passphraseFile?: string | undefined;
}

/**
 * The key-encryption key that was chosen, or else the one that the environment names: LINTEL_KEY_FILE, LINTEL_PASSPHRASE_FILE, a
 * systemd credential `lintel.passphrase`, or where `fileKekProvider` looks.
 * @throws (from its calls) `store-key-missing`, `store-key-exposed` for a passphrase file that others can read
 */
export function kekProviderFrom({ keyFile, passphraseFile }: KeyChoice = {}): KekProvider {
  if (keyFile !== undefined && passphraseFile !== undefined) {
    throw new LintelError('usage', 'Name a key file or a passphrase file, not both.');
  }
  const path = passphraseFile ?? (keyFile === undefined ? passphraseFileOfEnvironment() : undefined);
  return path === undefined
    ? fileKekProvider(keyFile)
    : passphraseKekProvider(() => readPassphrase(path), undefined, headsBeside(path), epochsBeside(path));
}

function passphraseFileOfEnvironment(): string | undefined {
  const { LINTEL_KEY_FILE, LINTEL_PASSPHRASE_FILE, CREDENTIALS_DIRECTORY } = process.env;
  if (LINTEL_KEY_FILE) return undefined;
  if (LINTEL_PASSPHRASE_FILE) return LINTEL_PASSPHRASE_FILE;
  const credential = CREDENTIALS_DIRECTORY ? join(CREDENTIALS_DIRECTORY, 'lintel.passphrase') : undefined;
  return credential !== undefined && existsSync(credential) ? credential : undefined;
}

async function readPassphrase(path: string): Promise<Buffer> {
  const file = await open(path).catch((error: unknown) => {
    throw new LintelError('store-key-missing', `(${path} cannot be read)`, { cause: error });
  });
  await using _closed = file;
  // systemd's credentials are protected by their folder; see the key file.
  const isCredential = dirname(path) === process.env['CREDENTIALS_DIRECTORY'];
  if (((await file.stat()).mode & (isCredential ? 0o037 : 0o077)) !== 0) {
    throw new LintelError('store-key-exposed', `(${path})`);
  }
  return passphraseIn(await file.readFile());
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** What an editor adds does not count: a mark at the beginning, a line break of whatever kind at the end. */
function passphraseIn(text: Buffer): Buffer {
  const start = text.indexOf(BYTE_ORDER_MARK) === 0 ? BYTE_ORDER_MARK.length : 0;
  let end = text.length;
  if (text[end - 1] === 0x0a) end -= text[end - 2] === 0x0d ? 2 : 1;
  return text.subarray(start, end);
}
