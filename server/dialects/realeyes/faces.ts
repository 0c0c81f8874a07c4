import { LintelError, type ImageInput } from '#contract';
import {
  ENROLMENT_RULES,
  referenceFrom,
  type Admitted,
  type EnrolmentRules,
  type FacePicture,
} from '#core/enrolment';
import type { Gallery } from '#core/gallery';
import { problemOf, RECOGNITION_GATE } from '#core/recognition';
import type { Context, Handlers } from './handlers.ts';

const NO_FACE = { face: null, faceId: null, hasFace: false, unprocessedFaceCount: 0 };

export const faces: Handlers<'searchFace' | 'indexFace' | 'searchOrIndexFace' | 'deleteFace'> = {
  searchFace: async ({ image, collectionId, faceMatchThreshold: threshold }, context) => {
    const { gallery, recognizer, load } = context;
    // Asked for first: an unknown collection costs no recognition and is named as such whatever the image shows.
    await gallery.getCollection(collectionId);
    const analysis = await recognizer.analyse(await load(image));
    const { face } = analysis;
    if (face === null) return { ...NO_FACE, externalKey: null };
    const shown = described({ ...analysis, face });
    // Pictures that show no face clearly resemble each other, also when they show other people: they match no face.
    if (problemOf(analysis, RECOGNITION_GATE) !== null) return { ...shown, faceId: null, externalKey: null };
    const { faceId, externalKey } = await gallery.identify(collectionId, face.template, {
      threshold,
      descriptor: face.descriptor,
    });
    return { ...shown, faceId, externalKey };
  },

  indexFace: async ({ image, collectionId }, context) => {
    const { gallery } = context;
    await gallery.getCollection(collectionId);
    const rules = ENROLMENT_RULES.realeyes.index;
    const admitted = await admit(image, context, rules);
    if (admitted === null) return NO_FACE;
    const { reference, analysis } = admitted;
    const before = await indexedBefore(collectionId, context);
    const person = { references: [reference], ...idOf(context) };
    const faceId = before ?? (await rules.enrol(gallery, collectionId, person)).faceId;
    return { ...described(analysis), faceId };
  },

  searchOrIndexFace: async ({ image, collectionId, faceMatchThreshold: threshold }, context) => {
    const { gallery } = context;
    await gallery.getCollection(collectionId);
    const rules = ENROLMENT_RULES.realeyes.searchOrIndex;
    const admitted = await admit(image, context, rules);
    if (admitted === null) return { ...NO_FACE, externalKey: null, resultSource: 'None' };
    const { reference, analysis } = admitted;
    const shown = described(analysis);
    const before = await indexedBefore(collectionId, context);
    if (before !== null) return { ...shown, faceId: before, externalKey: null, resultSource: 'Index' };
    const person = { references: [reference] as const, ...idOf(context) };
    const result = await rules.enrol(gallery, collectionId, person, threshold);
    if ('enrolled' in result) {
      return { ...shown, faceId: result.enrolled.faceId, externalKey: null, resultSource: 'Index' };
    }
    const { faceId, externalKey } = result.found;
    return { ...shown, faceId, externalKey, resultSource: 'Search' };
  },

  deleteFace: async ({ collectionId, faceId, externalKey }, { gallery }) => {
    // The schema lets exactly one of the two through.
    if (faceId !== undefined) await gallery.deleteFace(collectionId, faceId);
    if (externalKey !== undefined) await gallery.deleteFacesByExternalKey(collectionId, externalKey);
    return {};
  },
};

/** The face that this request made when it came before and the server stopped before it could answer. */
async function indexedBefore(collectionId: string, { gallery, faceId }: Context): Promise<string | null> {
  return faceId !== null && (await hasFace(gallery, collectionId, faceId)) ? faceId : null;
}

async function hasFace(gallery: Gallery, collectionId: string, faceId: string): Promise<boolean> {
  try {
    await gallery.getFace(collectionId, faceId);
    return true;
  } catch (error) {
    if (error instanceof LintelError && error.code === 'face-not-found') return false;
    throw error;
  }
}

/** The reference that an image gives; null when it shows no face, which is an answer here and no refusal. */
async function admit(
  image: ImageInput,
  { recognizer, load }: Context,
  rules: EnrolmentRules,
): Promise<Admitted | null> {
  const encoded = await load(image);
  try {
    return await referenceFrom({ recognizer }, encoded, rules);
  } catch (error) {
    if (error instanceof LintelError && error.code === 'no-face') return null;
    throw error;
  }
}

const idOf = ({ faceId }: Context): { readonly faceId?: string } => (faceId === null ? {} : { faceId });

const described = ({ face: { confidence, boundingBox }, others }: FacePicture['analysis']) => ({
  face: { confidence, boundingBox },
  hasFace: true,
  unprocessedFaceCount: others.length,
});
