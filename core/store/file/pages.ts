import {
  createDecipheriv,
  createHmac,
  createSecretKey,
  pbkdf2Sync,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { LintelError } from '#contract';

/** A template of 512 numbers fills half a page of SQLite's usual 4 KiB; here three share a page. */
export const PAGE_BYTES = 8192;

const SALT_BYTES = 16;
const IV_BYTES = 16;
const MAC_BYTES = 64;
const CONTENT_BYTES = PAGE_BYTES - IV_BYTES - MAC_BYTES;
const MAC_SALT_MASK = 0x3a;

/** Pages read at once, some milliseconds of decrypting. */
const CHUNK_PAGES = 32;

/** A page that does not match its HMAC is read again, so often, after so long: it may just be being written. */
const ATTEMPTS = 4;
const PAUSE_MS = 25;

/**
 * The decrypted pages of a database file in SQLCipher's format 4 with a raw key, without SQLite: AES-256-CBC, each page
 * with its own initialisation vector and an HMAC-SHA-512 over ciphertext, vector and page number
 * (https://www.zetetic.net/sqlcipher/design/).
 * @throws LintelError `store-corrupt` for a page whose HMAC is wrong, named by its number, and for half a page
 */
export async function* readPages(path: string, dataKey: Buffer): AsyncGenerator<Buffer> {
  await using file = await open(path);
  const chunk = Buffer.alloc(CHUNK_PAGES * PAGE_BYTES);
  // Prepared once: to prepare the key takes longer than to decrypt a page.
  const key = createSecretKey(dataKey);
  let macKey: KeyObject | null = null;
  for (let first = 1; ; first += CHUNK_PAGES) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, (first - 1) * PAGE_BYTES);
    if (bytesRead === 0) return;
    macKey ??= macKeyOf(dataKey, chunk.subarray(0, SALT_BYTES));
    for (let at = 0; at < bytesRead; at += PAGE_BYTES) {
      const number = first + at / PAGE_BYTES;
      const page = chunk.subarray(at, Math.min(at + PAGE_BYTES, bytesRead));
      if (!isGenuine(page, number, macKey)) await readAgain(file, page, number, macKey);
      const salt = saltOf(number);
      const vector = page.subarray(CONTENT_BYTES, CONTENT_BYTES + IV_BYTES);
      const decipher = createDecipheriv('aes-256-cbc', key, vector).setAutoPadding(false);
      yield Buffer.concat([decipher.update(page.subarray(salt, CONTENT_BYTES)), decipher.final()]);
    }
  }
}

async function readAgain(file: FileHandle, page: Buffer, number: number, macKey: KeyObject): Promise<void> {
  for (let attempt = 2; attempt <= ATTEMPTS; attempt++) {
    await sleep(PAUSE_MS);
    await file.read(page, 0, page.length, (number - 1) * PAGE_BYTES);
    if (isGenuine(page, number, macKey)) return;
  }
  throw new LintelError('store-corrupt', `(page ${number} of the database)`);
}

/** The file begins with the salt of its key, in the place of SQLite's own first bytes. */
const saltOf = (number: number): number => (number === 1 ? SALT_BYTES : 0);

const macKeyOf = (dataKey: Buffer, salt: Buffer): KeyObject =>
  createSecretKey(
    pbkdf2Sync(
      dataKey,
      salt.map((byte) => byte ^ MAC_SALT_MASK),
      2,
      32,
      'sha512',
    ),
  );

function isGenuine(page: Buffer, number: number, macKey: KeyObject): boolean {
  if (page.length < PAGE_BYTES) return false;
  const place = Buffer.alloc(4);
  place.writeUInt32LE(number);
  const mac = createHmac('sha512', macKey)
    .update(page.subarray(saltOf(number), -MAC_BYTES))
    .update(place)
    .digest();
  return timingSafeEqual(mac, page.subarray(-MAC_BYTES));
}
