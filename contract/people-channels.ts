import { z } from 'zod';
import { ConsentTerms } from './consent.ts';
import { Decision } from './decision.ts';
import { ERRORS, type ErrorCode } from './errors.ts';
import {
  MAX_REFERENCES_PER_FACE,
  NewFaceMetadata,
  ShownFace,
  ShownMetadata,
  SuspectedDuplicate,
} from './gallery.ts';
import { ExternalKey, FaceId } from './ids.ts';
import { BadRow, LIST_LIMITS, ListedPerson, ListedRow } from './import-list.ts';
import { ImageBytes } from './recognition.ts';
import { DisplayName, ShownName } from './text.ts';

const Nothing = z.strictObject({});

/** An image that cannot become a reference, and why. `faceCount`: how many faces it shows, where those are too many. */
export const RejectedImage = z.object({
  index: z.int().nonnegative(),
  faceCount: z.int().positive().optional(),
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
});

/** An image of which the largest face was used, and how many smaller ones it shows besides. */
const ImageWithOthers = z.object({ index: z.int().nonnegative(), count: z.int().positive() });

const EnrolmentImages = z.array(ImageBytes).min(1).max(MAX_REFERENCES_PER_FACE);
/** Where images came from; kept with each reference. */
const CaptureSource = z.enum(['camera', 'file']).default('camera');

export const FacePage = z.object({ faces: z.array(ShownFace), total: z.int().nonnegative() });
export type FacePage = z.infer<typeof FacePage>;

/** What an operator does with people at a screen; see `KIOSK_CHANNELS`. */
export const PEOPLE_CHANNELS = {
  'people.list': {
    access: 'operator',
    /** `query`: each of its words is part of the name, the external key or the face id; case and accents do not count. */
    input: z.strictObject({
      query: z.string().max(200).default(''),
      offset: z.int().nonnegative().default(0),
      limit: z.int().min(1).max(100).default(50),
    }),
    output: FacePage,
  },
  'people.enrol': {
    access: 'operator',
    input: z.strictObject({
      metadata: NewFaceMetadata,
      externalKey: ExternalKey.nullable().default(null),
      images: EnrolmentImages,
      source: CaptureSource,
      /** Enrol also a person who looks like a person enrolled already. */
      allowDuplicate: z.boolean().default(false),
      /** The version of the text that the person has read and ticked. Refused (`consent-missing`) where it is not the one in force. */
      consented: ConsentTerms.shape.version.nullable().default(null),
    }),
    /**
     * `face` is null, and nothing was stored, when no image could be used, and when there are suspected duplicates
     * that were not allowed.
     */
    output: z.object({
      face: ShownFace.nullable(),
      rejected: z.array(RejectedImage),
      withOthers: z.array(ImageWithOthers),
      suspectedDuplicates: z.array(
        SuspectedDuplicate.extend({ metadata: ShownMetadata, hasGroups: ShownFace.shape.hasGroups }),
      ),
    }),
  },
  /** Reads a list of people (CSV), and says whose key somebody enrolled has already. Refused `list-invalid`. */
  'people.read-list': {
    access: 'operator',
    input: z.strictObject({ list: z.string().max(LIST_LIMITS.characters) }),
    output: z.object({
      rows: z
        .array(ListedRow.extend({ known: z.object({ name: ShownName.nullable() }).nullable() }))
        .max(LIST_LIMITS.people),
      bad: z.array(BadRow).max(LIST_LIMITS.people),
    }),
  },
  /** Enrols somebody from a list, or says what would become of them (`listed`: enrolled). `alike`: whom they look like. */
  'people.import': {
    access: 'operator',
    input: z.strictObject({
      person: ListedPerson,
      images: EnrolmentImages,
      /** The version of the text that the person has signed. Refused (`consent-missing`) where it is not the one in force. */
      consented: ConsentTerms.shape.version.nullable().default(null),
      /** Nobody is enrolled, and nobody has to have agreed. */
      isPreview: z.boolean().default(false),
    }),
    output: z.object({
      outcome: z.enum(['enrolled', 'listed', 'known', 'held', 'refused']),
      rejected: z.array(RejectedImage),
      alike: ShownName.nullable(),
    }),
  },
  /** Which of the pictures taken so far would not become references, before anybody is enrolled from them. */
  'people.check-pictures': {
    access: 'operator',
    input: z.strictObject({
      images: EnrolmentImages,
      source: CaptureSource,
      /** Who is enrolled already and is to get them. */
      faceId: FaceId.nullable().default(null),
    }),
    output: z.object({ rejected: z.array(RejectedImage) }),
  },
  /** Whose face a picture shows, by the rules of a visit. It opens nothing, and is no attempt. */
  'people.try': { access: 'operator', input: z.strictObject({ image: ImageBytes }), output: Decision },
  /**
   * More pictures of a person enrolled. Refused (`different-person`) when they show another person, and (`role-required`)
   * to an operator who is no administrator where the person has groups.
   */
  'people.add-pictures': {
    access: 'operator',
    input: z.strictObject({ faceId: FaceId, images: EnrolmentImages, source: CaptureSource }),
    output: z.object({
      face: ShownFace.nullable(),
      rejected: z.array(RejectedImage),
      withOthers: z.array(ImageWithOthers),
    }),
  },
  /**
   * Corrects a name or an external key, or notes consent; what is not named stays, null removes. Refused `external-key-in-use`,
   * `consent-missing`.
   */
  'people.edit': {
    access: 'operator',
    input: z.strictObject({
      faceId: FaceId,
      name: DisplayName.nullable().optional(),
      externalKey: ExternalKey.nullable().optional(),
      /** The version of the text that the person has read and ticked: the one in force. */
      consented: ConsentTerms.shape.version.optional(),
    }),
    output: ShownFace,
  },
  /** The pictures kept of a person, cut down to the face; none where settings or a server's policy keep none. */
  'people.pictures': {
    access: 'operator',
    input: z.strictObject({ faceId: FaceId }),
    output: z.object({ pictures: z.array(ImageBytes).max(MAX_REFERENCES_PER_FACE) }),
  },
  /** Removes the references that the appliance added by itself. */
  'people.forget-automatic': {
    access: 'operator',
    input: z.strictObject({ faceId: FaceId }),
    output: ShownFace,
  },
  /**
   * Gives a person a new access code, shown once and kept as a hash; a former one ends. Refused (`role-required`) to an
   * operator who is no administrator where the person has groups.
   */
  'people.give-code': {
    access: 'operator',
    input: z.strictObject({ faceId: FaceId }),
    output: z.object({ code: z.string().regex(/^\d{8}$/) }),
  },
  /** The person takes consent back: erased everywhere, as by `people.remove`, and the audit log says why. */
  'people.withdraw': { access: 'operator', input: z.strictObject({ faceId: FaceId }), output: Nothing },
  'people.remove': { access: 'operator', input: z.strictObject({ faceId: FaceId }), output: Nothing },
} as const satisfies Record<string, { access: 'operator'; input: z.ZodType; output: z.ZodType }>;
