import { z } from 'zod';

/** What servers on one database ask each other. */

/** A reference that is like a probe. */
export const FoundReference = z.object({
  faceId: z.string(),
  /** -1..1 */
  similarity: z.number(),
  /** Of the face's automatic reference most like the probe, -1..1; null: it has none. */
  automatic: z.number().nullable(),
});
export type FoundReference = Readonly<z.infer<typeof FoundReference>>;

/** What a part of a collection has for a probe. */
export const PartFound = z.object({
  /** The most similar, best first, but for automatic ones. */
  references: z.array(FoundReference),
  /** How many references the probe was compared with. */
  size: z.int().nonnegative(),
});
export type PartFound = Readonly<z.infer<typeof PartFound>>;
