import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { LintelError } from '#contract';
import type { Epochs } from './epochs.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Of a text that is looked up: 128 bits, so that no two texts of a database share one. */
const DIGEST_BYTES = 16;
const EPOCH_BYTES = 4;

/** The first byte of each value says how it lies there. `epoch_of` and `same` of the schema read values too. */
const Form = {
  /** Equal values are equal: nonce, ciphertext, tag. */
  stableBytes: 0,
  stableText: 1,
  /** What the key of a face sealed before it came here. */
  byFaceKey: 2,
  /** A text of a database that an earlier version filled; it is sealed before the database is used. */
  clearText: 3,
  /** Epoch, nonce, ciphertext, tag. */
  bytes: 4,
  text: 5,
  /** Epoch, keyed digest of the text, nonce, ciphertext, tag. */
  searchableText: 6,
} as const;

/** Of forms that are sealed here: what they hold, and where the nonce begins. */
const FORMS: ReadonlyMap<number, { readonly isText: boolean; readonly at: number }> = new Map([
  [Form.stableBytes, { isText: false, at: 1 }],
  [Form.stableText, { isText: true, at: 1 }],
  [Form.bytes, { isText: false, at: 1 + EPOCH_BYTES }],
  [Form.text, { isText: true, at: 1 + EPOCH_BYTES }],
  [Form.searchableText, { isText: true, at: 1 + EPOCH_BYTES + DIGEST_BYTES }],
]);

type SealedType = 'bytea' | 'sealed' | 'searchable' | 'face_sealed';

/** The types of columns that are sealed. What they mean stands where the schema makes them. */
const SEALED_TYPES: ReadonlySet<string> = new Set<SealedType>([
  'bytea',
  'sealed',
  'searchable',
  'face_sealed',
]);

export const isSealedType = (type: string | undefined): type is SealedType => SEALED_TYPES.has(type!);

/**
 * Seals values before they reach PostgreSQL, whose files and log are not encrypted: AES-256-GCM (NIST SP 800-38D). The type of
 * a column says how. Values that are only read are sealed under the newest epoch with a random nonce; texts that are looked
 * up, with a keyed digest in front (HMAC-SHA-256). Hashes and secrets of the server itself are sealed under a key that stays,
 * the nonce a keyed digest of the value, so that equal values stay equal; a nonce comes twice only with the same value, which
 * reveals that alone (the construction of SIV, RFC 5297 section 1.3.2).
 */
export class SealedValues {
  readonly #key: KeyObject;
  readonly #nonceKey: KeyObject;
  readonly #digestKey: KeyObject;
  /** By which servers on the database know each other. */
  readonly nodesKey: KeyObject;
  readonly epochs: Epochs;

  /** @param dataKey 32 bytes */
  constructor(dataKey: Uint8Array, epochs: Epochs) {
    const derived = (name: string) => createSecretKey(Buffer.from(hkdfSync('sha256', dataKey, '', name, 32)));
    this.#key = derived('lintel postgres value');
    this.#nonceKey = derived('lintel postgres nonce');
    this.#digestKey = derived('lintel postgres digest');
    this.nodesKey = derived('lintel postgres nodes');
    this.epochs = epochs;
  }

  /** A value as a column of a type holds it. */
  seal(type: SealedType, value: string | Buffer): Buffer {
    const plain = Buffer.from(value);
    const isText = typeof value === 'string';
    if (type === 'face_sealed') return Buffer.concat([Buffer.of(Form.byFaceKey), plain]);
    if (type === 'sealed') return this.#underEpoch(isText ? Form.text : Form.bytes, Buffer.alloc(0), plain);
    if (type === 'searchable') {
      const digest = createHmac('sha256', this.#digestKey).update(plain).digest();
      return this.#underEpoch(Form.searchableText, digest.subarray(0, DIGEST_BYTES), plain);
    }
    const nonce = createHmac('sha256', this.#nonceKey).update(plain).digest().subarray(0, NONCE_BYTES);
    return sealed(Buffer.of(isText ? Form.stableText : Form.stableBytes), this.#key, nonce, plain);
  }

  /** What {@link seal} was given. @throws LintelError `store-corrupt` */
  unseal(value: Buffer): string | Buffer {
    const form = value[0];
    if (form === Form.byFaceKey) return value.subarray(1);
    if (form === Form.clearText) return value.subarray(1).toString();
    const known = FORMS.get(form!);
    if (known === undefined || value.length < known.at) throw corrupt();
    const { isText, at } = known;
    const isStable = at === 1;
    const plain = opened(value, at, isStable ? this.#key : this.epochs.key(value.readUInt32BE(1)));
    return isText ? plain.toString() : plain;
  }

  #underEpoch(form: number, digest: Buffer, plain: Buffer): Buffer {
    const { newest } = this.epochs;
    const head = Buffer.alloc(1 + EPOCH_BYTES);
    head.writeUInt8(form);
    head.writeUInt32BE(newest, 1);
    return sealed(Buffer.concat([head, digest]), this.epochs.key(newest), randomBytes(NONCE_BYTES), plain);
  }
}

/** What comes before a sealed value is authenticated along. */
function sealed(head: Buffer, key: KeyObject, nonce: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  // Stable values of earlier versions had nothing in front.
  if (head.length > 1) cipher.setAAD(head);
  return Buffer.concat([head, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function opened(value: Buffer, at: number, key: KeyObject): Buffer {
  try {
    const body = value.subarray(at);
    const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    if (at > 1) decipher.setAAD(value.subarray(0, at));
    decipher.setAuthTag(body.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch (error) {
    throw corrupt(error);
  }
}

const corrupt = (cause?: unknown): LintelError =>
  new LintelError('store-corrupt', '(a sealed value)', { cause });
