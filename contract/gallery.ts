import { z } from 'zod';
import { CollectionId, ExternalKey, FaceId } from './ids.ts';

const Timestamp = z.iso.datetime();

export const Collection = z.object({
  collectionId: CollectionId,
  description: z.string().max(1024).nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Collection = z.infer<typeof Collection>;

/** What an operator may note about a person. Free of biometrics. */
export const FaceMetadata = z.object({ name: z.string().trim().min(1).max(200).optional() });
export type FaceMetadata = z.infer<typeof FaceMetadata>;

/** One enrolled person-entry in one collection, without its templates. */
export const Face = z.object({
  faceId: FaceId,
  externalKey: ExternalKey.nullable(),
  metadata: FaceMetadata,
  referenceCount: z.int().nonnegative(),
  /** The embedding model was changed and left this face without a template: it is not recognised until enrolled anew. */
  reEnrol: z.boolean(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Face = z.infer<typeof Face>;

export const MAX_REFERENCES_PER_FACE = 10;
