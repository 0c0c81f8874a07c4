import type { z } from 'zod';
import { LintelError, type ErrorCode } from '#contract';
import { verifySignature, type Purpose } from './device-key.ts';

/** A document that says who signed it, over the JSON text of all members before the signature. */
interface SignedDocument {
  readonly publicKey: string;
  readonly signature: string;
}

/** What a document has to be. */
export interface Genuine<T extends SignedDocument> {
  readonly schema: z.ZodType<T>;
  readonly purpose: Purpose;
  /** Of the device that is believed, known from elsewhere than the document. */
  readonly publicKey: string;
  /** What a document is refused as. */
  readonly invalid: ErrorCode;
}

/** Read a document and check who signed it. @throws LintelError `invalid` */
export function readSigned<T extends SignedDocument>(
  text: string,
  { schema, purpose, publicKey, invalid }: Genuine<T>,
): T {
  const parsed = schema.safeParse(jsonOf(text));
  if (!parsed.success) throw new LintelError(invalid);
  const { signature, ...unsigned } = parsed.data;
  const isGenuine =
    unsigned.publicKey === publicKey &&
    verifySignature(publicKey, purpose, JSON.stringify(unsigned), signature);
  if (!isGenuine) throw new LintelError(invalid, '(not signed by this device)');
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
