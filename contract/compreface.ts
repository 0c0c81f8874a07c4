import { z } from 'zod';

/** A CompreFace server's saved examples, a page of them (its REST API, "List of All Saved Examples of the Subject"). */
export const CompreFaceExamples = z.object({
  faces: z.array(z.object({ image_id: z.guid(), subject: z.string().min(1).max(4096) })).max(1000),
  total_pages: z.int().nonnegative(),
});
export type CompreFaceExamples = z.infer<typeof CompreFaceExamples>;
