import { z } from 'zod';
import { MAX_REFERENCES_PER_FACE } from './gallery.ts';

/** What servers on one database ask each other; see docs/server.md. */

/** Faces that one server asks another for at most. */
export const MOST_FACES = 1000;
/** References that those are found by at most, and those of the four faces beyond which automatic references may lift. */
const MOST_REFERENCES = (MOST_FACES + 4) * MAX_REFERENCES_PER_FACE;

/** A reference that is like a probe. */
const FoundReference = z.object({
  faceId: z.string().max(64),
  /** -1..1 */
  similarity: z.number(),
  /** Of the face's automatic reference most like the probe, -1..1; null: it has none. */
  automatic: z.number().nullable(),
});
export type FoundReference = Readonly<z.infer<typeof FoundReference>>;

/** What a part of a collection has for a probe. */
export const PartFound = z.object({
  /** The most similar, best first, but for automatic ones. */
  references: z.array(FoundReference).max(MOST_REFERENCES),
  /** How many references the probe was compared with. */
  size: z.int().nonnegative(),
});
export type PartFound = Readonly<z.infer<typeof PartFound>>;

/** Null: it could not be searched there. */
export const PartAnswer = PartFound.nullable();

/** A search in a part of a collection. */
export const PartSearch = z.object({
  /** When it was asked, milliseconds since 1970. */
  at: z.int(),
  account: z.string().max(128),
  collectionId: z.string().max(512),
  modelId: z.string().max(512),
  number: z.int().nonnegative(),
  of: z.int().positive(),
  /** Faces at most. */
  count: z.int().positive().max(MOST_FACES),
  /** Protected, 32-bit floats, little-endian. */
  template: z.base64(),
});
export type PartSearch = Readonly<z.infer<typeof PartSearch>>;
