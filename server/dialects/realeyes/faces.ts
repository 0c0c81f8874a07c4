import { LintelError } from '#contract';
import type { Gallery } from '#core/gallery';
import {
  problemOf,
  rateQuality,
  RECOGNITION_GATE,
  requireFace,
  type AnalysedFace,
  type ImageAnalysis,
} from '#core/recognition';
import type { NewReference } from '#core/store';
import type { Context, Handlers } from './handlers.ts';

const NO_FACE = { face: null, faceId: null, hasFace: false, unprocessedFaceCount: 0 };

export const faces: Handlers<'searchFace' | 'indexFace' | 'searchOrIndexFace' | 'deleteFace'> = {
  searchFace: async ({ image, collectionId, faceMatchThreshold: threshold }, { gallery, analyse }) => {
    // Asked for first: an unknown collection costs no recognition and is named as such whatever the image shows.
    await gallery.getCollection(collectionId);
    const analysis = await analyse(image);
    if (analysis.face === null) return { ...NO_FACE, externalKey: null };
    const shown = described(analysis.face, analysis);
    // Pictures that show nobody clearly are alike, whoever they show: they match nobody.
    if (problemOf(analysis, RECOGNITION_GATE) !== null) return { ...shown, faceId: null, externalKey: null };
    const { faceId, externalKey } = await gallery.identify(collectionId, analysis.face.template, {
      threshold,
    });
    return { ...shown, faceId, externalKey };
  },

  indexFace: async ({ image, collectionId }, context) => {
    const { gallery, analyse } = context;
    await gallery.getCollection(collectionId);
    const analysis = await analyse(image);
    if (problemOf(analysis, RECOGNITION_GATE) === 'no-face') return NO_FACE;
    const face = requireFace(analysis, RECOGNITION_GATE);
    const faceId =
      (await indexedBefore(collectionId, context)) ??
      (
        await gallery.enrol(collectionId, {
          references: [referenceOf(face, context)],
          ...(context.faceId !== null && { faceId: context.faceId }),
        })
      ).faceId;
    return { ...described(face, analysis), faceId };
  },

  searchOrIndexFace: async ({ image, collectionId, faceMatchThreshold: threshold }, context) => {
    const { gallery, analyse } = context;
    await gallery.getCollection(collectionId);
    const analysis = await analyse(image);
    if (problemOf(analysis, RECOGNITION_GATE) === 'no-face') {
      return { ...NO_FACE, externalKey: null, resultSource: 'None' };
    }
    const face = requireFace(analysis, RECOGNITION_GATE);
    const shown = described(face, analysis);
    const before = await indexedBefore(collectionId, context);
    if (before !== null) return { ...shown, faceId: before, externalKey: null, resultSource: 'Index' };
    const result = await gallery.identifyOrEnrol(collectionId, referenceOf(face, context), {
      threshold,
      ...(context.faceId !== null && { faceId: context.faceId }),
    });
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

const referenceOf = ({ template, measurements }: AnalysedFace, { modelId }: Context): NewReference => ({
  modelId,
  template,
  quality: rateQuality(measurements).score,
  source: 'api',
});

const described = ({ confidence, boundingBox }: AnalysedFace, { others }: ImageAnalysis) => ({
  face: { confidence, boundingBox },
  hasFace: true,
  unprocessedFaceCount: others.length,
});
