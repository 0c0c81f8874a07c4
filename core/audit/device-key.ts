import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import type { z } from 'zod';

/** Signs for one device (Ed25519, RFC 8032). */
export interface DeviceKey {
  /** SubjectPublicKeyInfo in base64, as {@link verifySignature} takes it. */
  readonly publicKey: string;
  /** @returns the signature in hexadecimal */
  sign(purpose: Purpose, text: string): string;
}

/** What a signature is for; signed along, so that one is never taken for another. */
export type Purpose =
  | 'audit-checkpoint'
  | 'audit-anchor'
  | 'erasure-receipt'
  | 'attack-drill'
  | 'backup'
  | 'device-policy'
  | 'session-claim'
  | 'session-result';

/** A new private key: PKCS #8, to be kept as a secret of the store. */
export function generateDeviceKey(): Buffer {
  return generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  }).privateKey;
}

/** @param pkcs8 what {@link generateDeviceKey} made; copied, so the caller may wipe it */
export function openDeviceKey(pkcs8: Uint8Array): DeviceKey {
  const key = createPrivateKey({ key: Buffer.from(pkcs8), type: 'pkcs8', format: 'der' });
  return {
    // Few ask: to derive it takes as long as to sign.
    get publicKey() {
      return createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
    },
    sign: (purpose, text) => sign(null, message(purpose, text), key).toString('hex'),
  };
}

/** @returns false for a wrong signature and for a key that is not one */
export function verifySignature(
  publicKey: string,
  purpose: Purpose,
  text: string,
  signature: string,
): boolean {
  try {
    return verify(null, message(purpose, text), toPublicKey(publicKey), Buffer.from(signature, 'hex'));
  } catch {
    return false;
  }
}

/** What a key signed for a purpose; null for what it did not sign, and for a signed text that is no such thing. */
export function openSigned<S extends z.ZodType>(
  schema: S,
  publicKey: string,
  purpose: Purpose,
  text: string,
  signature: string,
): z.output<S> | null {
  if (!verifySignature(publicKey, purpose, text, signature)) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

const message = (purpose: Purpose, text: string): Buffer => Buffer.from(`lintel ${purpose}\n${text}`);

const toPublicKey = (publicKey: string): KeyObject =>
  createPublicKey({ key: Buffer.from(publicKey, 'base64'), type: 'spki', format: 'der' });
