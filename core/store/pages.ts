import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { LintelError } from '#contract';

/** A template of 512 numbers fills half a page of SQLite's usual 4 KiB; here three share a page. */
export const PAGE_BYTES = 8192;

const SALT_BYTES = 16;
const IV_BYTES = 16;
const MAC_BYTES = 64;
const CONTENT_BYTES = PAGE_BYTES - IV_BYTES - MAC_BYTES;
const MAC_SALT_MASK = 0x3a;

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
  const page = Buffer.alloc(PAGE_BYTES);
  let macKey: Buffer | null = null;
  for (let number = 1; ; number++) {
    const salt = number === 1 ? SALT_BYTES : 0;
    for (let attempt = 1; ; attempt++) {
      const { bytesRead } = await file.read(page, 0, PAGE_BYTES, (number - 1) * PAGE_BYTES);
      if (bytesRead === 0) return;
      macKey ??= macKeyOf(dataKey, page.subarray(0, SALT_BYTES));
      if (bytesRead === PAGE_BYTES && isGenuine(page.subarray(salt), number, macKey)) break;
      if (attempt === ATTEMPTS) throw new LintelError('store-corrupt', `(page ${number} of the database)`);
      await sleep(PAUSE_MS);
    }
    const vector = page.subarray(CONTENT_BYTES, CONTENT_BYTES + IV_BYTES);
    const decipher = createDecipheriv('aes-256-cbc', dataKey, vector).setAutoPadding(false);
    yield Buffer.concat([decipher.update(page.subarray(salt, CONTENT_BYTES)), decipher.final()]);
  }
}

const macKeyOf = (dataKey: Buffer, salt: Buffer): Buffer =>
  pbkdf2Sync(
    dataKey,
    salt.map((byte) => byte ^ MAC_SALT_MASK),
    2,
    32,
    'sha512',
  );

/** @param page without the salt that the first one begins with */
function isGenuine(page: Buffer, number: number, macKey: Buffer): boolean {
  const place = Buffer.alloc(4);
  place.writeUInt32LE(number);
  const mac = createHmac('sha512', macKey).update(page.subarray(0, -MAC_BYTES)).update(place).digest();
  return timingSafeEqual(mac, page.subarray(-MAC_BYTES));
}
