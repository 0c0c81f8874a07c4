import { z } from 'zod';
import { Face, FaceId, FaceMetadata, REFERENCE_SOURCES } from '#contract';
import { jsonColumn } from '../sql/json-column.ts';

/** Rows as SQLite hands them over, parsed before anybody trusts them. */

export const FaceRow = Face.extend({
  reEnrol: z.int().transform(Boolean),
  metadata: jsonColumn(FaceMetadata),
});

export const ReferenceSource = z.enum(REFERENCE_SOURCES);

const sealed = { faceId: FaceId, key: z.instanceof(Buffer) };

export const SealedTemplateRow = z.object({
  ...sealed,
  reference: z.int(),
  modelId: z.string(),
  template: z.instanceof(Buffer),
});

export const SealedReferenceRow = SealedTemplateRow.extend({
  source: ReferenceSource,
  createdAt: z.iso.datetime(),
});

export const SealedImageRow = z.object({ ...sealed, image: z.instanceof(Buffer) });

export const SecretRow = z.object({ value: z.instanceof(Buffer) });

/** A template from its 32-bit floats, little-endian. */
export function toTemplate(blob: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(blob).buffer);
}
