import { z } from 'zod';
import { CollectionDescription } from './gallery.ts';
import { CollectionId, DEFAULT_THRESHOLD, isNoShare } from './ids.ts';

/** What the API for enrolling into collections (`/api/v1/collections`) takes and answers, besides forms. */

/** How deep and how large (UTF-16 units) the metadata of a face may be. */
export const DOCUMENT_LIMITS = { depth: 100, length: 65_536 } as const;

/** A JSON object, left as it is. */
const Metadata = z
  .unknown()
  .refine((value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'Send an object.')
  .meta({ type: 'object', description: 'Any JSON object, returned as it was sent' });

export const EnrolledFace = z
  .object({
    face_id: z.string(),
    external_id: z.string().nullable().describe('Null for a face that was enrolled elsewhere without one'),
    collection_id: z.string(),
    quality_score: z.number().min(0).max(1).describe('Of the best picture'),
    liveness_score: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .describe('0.5: the picture tells nothing either way. Null: nobody asked'),
    metadata: Metadata,
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'EnrolledFace' });
export type EnrolledFace = z.infer<typeof EnrolledFace>;

export const EnrolledFacePage = z.object({
  faces: z.array(EnrolledFace),
  page: z.int(),
  page_size: z.int(),
  total: z.int(),
});

const wholeNumber = (least: number, most: number, otherwise: number) =>
  z.coerce.number().int().min(least).max(most).default(otherwise);
export const PageQuery = z.object({
  page: wholeNumber(1, 1e9, 1),
  page_size: wholeNumber(1, 1000, 50),
});

export const MetadataChange = z.object({ metadata: Metadata });

const RefusalReason = z.object({
  code: z.string().describe('Stable word for programs'),
  message: z.string().describe('What happened, for people'),
});

export const BatchResult = z.object({
  results: z.array(
    z.object({
      index: z.int().describe('Place in the request, from 0'),
      external_id: z.string().nullable(),
      success: z.boolean(),
      face: EnrolledFace.nullable(),
      error: RefusalReason.nullable(),
    }),
  ),
  total: z.int(),
  succeeded: z.int(),
  failed: z.int(),
});

export const CollectionData = z
  .object({
    collection_id: z.string(),
    description: z.string().nullable(),
    auto_enroll: z.boolean().describe('Whether pictures identified beyond doubt become secondary references'),
    face_count: z.int(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'FaceCollection' });

export const NewCollection = z.object({
  collection_id: CollectionId,
  description: CollectionDescription.nullable().default(null),
  auto_enroll: z.boolean().default(false),
});
export const CollectionChange = z.object({
  description: CollectionDescription.nullable().optional(),
  auto_enroll: z.boolean().optional(),
});

/** Least confidence of a match, in a form. A blank is no 0, and a share no confidence: either would match every stranger. */
export const FormThreshold = z.preprocess(
  (value) => (typeof value === 'string' && value.trim() === '' ? Number.NaN : value),
  z.coerce.number().min(0).max(100).refine(isNoShare, 'a share').default(DEFAULT_THRESHOLD),
);

export const IdentifiedFace = z.object({
  match: z.boolean(),
  face: EnrolledFace.nullable(),
  confidence: z.number(),
  similarity: z.number(),
  auto_enrolled: z.boolean().describe('Whether the picture became a secondary reference'),
});
export const VerifiedFace = z.object({ match: z.boolean(), confidence: z.number(), similarity: z.number() });

/** How every refusal of this API is answered. */
export const CollectionsRefusal = z
  .object({ success: z.literal(false), error: RefusalReason })
  .meta({ id: 'CollectionsRefusal' });
