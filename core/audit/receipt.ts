import { ErasureReceipt, LintelError } from '#contract';
import { verifySignature, type DeviceKey } from './device-key.ts';

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
export function verifyReceipt(text: string, publicKey: string): ErasureReceipt {
  const parsed = ErasureReceipt.safeParse(jsonOf(text));
  if (!parsed.success) throw new LintelError('receipt-invalid');
  const { signature, ...unsigned } = parsed.data;
  const isGenuine =
    unsigned.publicKey === publicKey &&
    verifySignature(publicKey, 'erasure-receipt', JSON.stringify(unsigned), signature);
  if (!isGenuine) throw new LintelError('receipt-invalid', '(not signed by this device)');
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
