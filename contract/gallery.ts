import { z } from 'zod';
import { PersonAccess } from './access.ts';
import { Consent } from './consent.ts';
import { CollectionId, ExternalKey, FaceId } from './ids.ts';
import { DisplayName, ShownName } from './text.ts';

const Timestamp = z.iso.datetime();

export const Collection = z.object({
  collectionId: CollectionId,
  description: z.string().max(1024).nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Collection = z.infer<typeof Collection>;

/** Kept as written. Refused: U+0000, which PostgreSQL cannot store, and lone surrogates, halves of a character of UTF-16. */
export const CollectionDescription = z
  .string()
  .max(1024)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'No U+0000 and no halves of characters.');

/**
 * Collections of an account. One answer of the Realeyes API lists them all, and a client reads 16 MB of an answer: room for
 * 2,477 with ids of 512 characters and descriptions of 1,024 that JSON escapes, as six bytes each.
 */
export const MAX_COLLECTIONS = 2400;

/** What an operator may note about a person. Free of biometrics. */
export const FaceMetadata = z.object({
  name: z.string().trim().min(1).max(200).optional(),
  access: PersonAccess.optional(),
  consent: Consent.optional(),
});
export type FaceMetadata = z.infer<typeof FaceMetadata>;

/** The same as an operator or a client notes it now; what is stored or synchronised may have been noted before names were looked at. */
export const NewFaceMetadata = z.object({ name: DisplayName.optional() });

/** One enrolled person-entry in one collection, without its templates. */
export const Face = z.object({
  faceId: FaceId,
  externalKey: ExternalKey.nullable(),
  metadata: FaceMetadata,
  referenceCount: z.int().nonnegative(),
  /** How many of the references the appliance added by itself, from visits. */
  automaticReferenceCount: z.int().nonnegative(),
  /** A change of the embedding model left this face without a template: it is not recognised until it is enrolled again. */
  reEnrol: z.boolean(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Face = z.infer<typeof Face>;

/** {@link FaceMetadata} as a screen shows it. */
export const ShownMetadata = z.object({ name: ShownName.optional(), consent: Consent.optional() });

/** A {@link Face} as a screen shows it. */
export const ShownFace = Face.extend({
  metadata: ShownMetadata,
  /** Whether they are in groups, by which doors open to them: what lets anybody pass as them is for administrators. */
  hasGroups: z.boolean(),
  /** How many references that an operator or an API gave differ from each other; see `expectedMissRate`. */
  differing: z.int().nonnegative(),
  /** When this appliance last granted this person; null: never, as far as its events tell. */
  lastSeenAt: Timestamp.nullable(),
});
export type ShownFace = z.infer<typeof ShownFace>;

export const MAX_REFERENCES_PER_FACE = 10;
/** Of these, the most that may be automatic. */
export const MAX_AUTOMATIC_REFERENCES = 3;

/** A person enrolled already who looks like the person about to be enrolled. */
export const SuspectedDuplicate = Face.pick({ faceId: true, externalKey: true, metadata: true }).extend({
  /** 0..100 that it is the same person, by the best pair of references. */
  confidence: z.number().min(0).max(100),
});
export type SuspectedDuplicate = z.infer<typeof SuspectedDuplicate>;
