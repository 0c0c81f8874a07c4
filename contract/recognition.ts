import { z } from 'zod';

/** Limits on what is decoded at all; larger input is refused before a pixel is read. */
export const IMAGE_LIMITS = { bytes: 10_000_000, pixels: 40_000_000 } as const;

/** Box in whole pixels of the upright image (after EXIF orientation); may reach over the image's edge. */
export const BoundingBox = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().positive(),
  height: z.int().positive(),
});
export type BoundingBox = z.infer<typeof BoundingBox>;

/** A face in an image: where, and how sure the detector is (0..1). */
export const FoundFace = z.object({ confidence: z.number().min(0).max(1), boundingBox: BoundingBox });
export type FoundFace = z.infer<typeof FoundFace>;

/** Encoded JPEG or PNG. */
export const ImageBytes = z
  .instanceof(Uint8Array<ArrayBufferLike>)
  .refine((b) => b.byteLength <= IMAGE_LIMITS.bytes);
