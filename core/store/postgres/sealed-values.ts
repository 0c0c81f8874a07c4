import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import { LintelError } from '#contract';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals what is binary before it reaches PostgreSQL, whose files and log are not encrypted: AES-256-GCM (NIST SP 800-38D)
 * under a key that only the key provider opens. The nonce is a keyed digest of the value, so that equal values stay equal
 * and can be looked up; a nonce comes twice only with the same value, which reveals that alone (the construction of SIV,
 * RFC 5297 section 1.3.2).
 */
export class SealedValues {
  readonly #key;
  readonly #nonceKey;

  /** @param dataKey 32 bytes */
  constructor(dataKey: Uint8Array) {
    const derived = (name: string) => createSecretKey(Buffer.from(hkdfSync('sha256', dataKey, '', name, 32)));
    this.#key = derived('lintel postgres value');
    this.#nonceKey = derived('lintel postgres nonce');
  }

  seal(plain: Uint8Array): Buffer {
    const nonce = createHmac('sha256', this.#nonceKey).update(plain).digest().subarray(0, NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws LintelError `store-corrupt` */
  unseal(sealed: Uint8Array): Buffer {
    try {
      const options = { authTagLength: TAG_BYTES };
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, options);
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch (error) {
      throw new LintelError('store-corrupt', '(a sealed value)', { cause: error });
    }
  }
}
