import { z } from 'zod';
import { AccessId, AccessMoment, MAX_GROUPS } from './access.ts';
import { Consent } from './consent.ts';
import { FaceMetadata } from './gallery.ts';

const Groups = z.array(AccessId).max(MAX_GROUPS);

/**
 * What one edit changed of {@link FaceMetadata}. It travels beside the whole, so that it sets back nothing that was changed
 * elsewhere meanwhile: what it does not name stays.
 */
export const MetadataEdit = z.object({
  /** Null: removed. */
  name: FaceMetadata.shape.name.unwrap().nullable().optional(),
  groupsGiven: Groups.optional(),
  groupsTaken: Groups.optional(),
  validFrom: AccessMoment.nullable().optional(),
  validUntil: AccessMoment.nullable().optional(),
  consent: Consent.optional(),
});
export type MetadataEdit = z.infer<typeof MetadataEdit>;
