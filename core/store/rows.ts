import { z } from 'zod';
import { Face, FaceId, FaceMetadata } from '#contract';

/** Rows as SQLite hands them over, parsed before anybody trusts them. */

export const FaceRow = Face.extend({
  reEnrol: z.int().transform(Boolean),
  metadata: z.string().transform((text) => FaceMetadata.parse(JSON.parse(text))),
});

export const ReferenceRow = z.object({
  referenceId: z.int(),
  faceId: FaceId,
  template: z.instanceof(Buffer).transform(toTemplate),
});

export const ImageRow = z.object({ image: z.instanceof(Buffer) });

export const SecretRow = z.object({ value: z.instanceof(Buffer) });

/** A template as 32-bit floats in the byte order of every platform Node runs on, little-endian. */
export function toBlob(template: Float32Array): Buffer {
  return Buffer.from(template.buffer, template.byteOffset, template.byteLength);
}

function toTemplate(blob: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(blob).buffer);
}

/** Text as it is compared in a search: lower case, one form of each accented letter. */
export function folded(text: unknown): string {
  return typeof text === 'string' ? text.normalize('NFC').toLocaleLowerCase('en') : '';
}
