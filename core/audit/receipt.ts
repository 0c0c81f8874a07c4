import { ErasureReceipt } from '#contract';
import type { DeviceKey } from './device-key.ts';
import { readSigned } from './signed-document.ts';

/** What a receipt states. */
export interface Erasure extends Omit<
  ErasureReceipt,
  'receipt' | 'publicKey' | 'signature' | 'keysDestroyedAt'
> {
  /** Of a database that forgets by destroying keys; null: not yet. */
  readonly keysDestroyedAt?: string | null | undefined;
}

export function signReceipt(erasure: Erasure, key: DeviceKey): ErasureReceipt {
  const { account, faces, at, by, audit, keysDestroyedAt } = erasure;
  const stated = {
    account,
    faces: faces.map(({ collectionId, faceId }) => ({ collectionId, faceId })),
    at,
    by,
    audit: { n: audit.n, hash: audit.hash },
  };
  const { publicKey } = key;
  const unsigned =
    keysDestroyedAt === undefined
      ? { receipt: 'lintel-erasure-1' as const, ...stated, publicKey }
      : { receipt: 'lintel-erasure-2' as const, ...stated, keysDestroyedAt, publicKey };
  return { ...unsigned, signature: key.sign('erasure-receipt', JSON.stringify(unsigned)) };
}

/**
 * Read a receipt and check who signed it.
 * @param publicKey of the device that is believed, known from elsewhere than the receipt
 * @throws LintelError `receipt-invalid`
 */
export const verifyReceipt = (text: string, publicKey: string): ErasureReceipt =>
  readSigned(text, {
    schema: ErasureReceipt,
    purpose: 'erasure-receipt',
    publicKey,
    invalid: 'receipt-invalid',
  });
