import { ErasureReceipt, LintelError } from '#contract';
import { verifySignature, type DeviceKey } from './device-key.ts';

/** What a receipt states. */
export type Erasure = Omit<ErasureReceipt, 'receipt' | 'publicKey' | 'signature'>;

export function signReceipt(erasure: Erasure, key: DeviceKey): ErasureReceipt {
  const { account, faces, at, by, audit } = erasure;
  const unsigned = {
    receipt: 'lintel-erasure-1',
    account,
    faces: faces.map(({ collectionId, faceId }) => ({ collectionId, faceId })),
    at,
    by,
    audit: { n: audit.n, hash: audit.hash },
    publicKey: key.publicKey,
  } as const;
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
