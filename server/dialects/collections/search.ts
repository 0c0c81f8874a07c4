import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { FormThreshold, IdentifiedFace, LintelError, VerifiedFace } from '#contract';
import { liveLookOf, looksLive, referenceOf, type FacePicture } from '#core/enrolment';
import type { Gallery } from '#core/gallery';
import { MARGIN, type Policy } from '#core/matching';
import { checkGate, ENROLMENT_GATE, problemOf, RECOGNITION_GATE } from '#core/recognition';
import { endpoints } from '../../http/endpoints.ts';
import { UploadedFile } from '../../http/form.ts';
import type { DialectOptions } from '../options.ts';
import { described } from './described.ts';
import { COLLECTIONS } from './envelope.ts';
import { InCollection, OfFace } from './places.ts';

const ProbeForm = z.object({ image: UploadedFile, threshold: FormThreshold });

/** As at a camera: of visits by strangers, one in 1,000 may end as a person enrolled. */
const LEARNING_POLICY: Policy = { falsePositiveRate: 1e-3, margin: MARGIN };

/** The answer to a picture that shows no face clearly: such pictures resemble each other, so no similarity means anything. */
const NOBODY = { match: false, similarity: 0, confidence: 0 };

/** Finding who a picture shows, in the style of the page; it describes what follows from it as auto-enroll. */
export function serveSearch(
  scope: FastifyInstance,
  { galleries, recognizer, recognizers }: DialectOptions,
): void {
  const serve = endpoints(scope, COLLECTIONS, { tag: 'search', security: ['apiKey'] });

  const analyse = async (accountId: string, image: Uint8Array): Promise<FacePicture['analysis']> => {
    const analysis = await (await recognizers.of(accountId)).analyse(image, { passive: true });
    if (analysis.face === null) throw new LintelError('no-face');
    return { ...analysis, face: analysis.face };
  };

  /** A picture is a reference for years: it has to be as good as one that is taken for it, and must not look like a copy. */
  const autoEnrol = async (
    gallery: Gallery,
    collectionId: string,
    faceId: string,
    { image, analysis }: FacePicture,
  ): Promise<boolean> => {
    if (!(await gallery.autoEnrols(collectionId))) return false;
    const { face } = analysis;
    const isFit = checkGate(ENROLMENT_GATE, face.measurements).length === 0;
    if (!isFit || !looksLive(liveLookOf(analysis))) return false;
    const seen = { modelId: recognizer.modelId, template: face.template };
    return await gallery.learn(collectionId, faceId, seen, LEARNING_POLICY, () =>
      referenceOf({ recognizer }, { image, analysis }, 'no'),
    );
  };

  serve('read', 'POST /api/v1/collections/:collection_id/identify', {
    summary: 'Find whose face a picture shows',
    params: InCollection,
    form: ProbeForm,
    answers: { 200: IdentifiedFace },
    handle: async ({ params: { collection_id: collectionId }, body, accountId }) => {
      const { image, threshold } = body;
      const gallery = await galleries.of(accountId);
      await gallery.getCollection(collectionId);
      const analysis = await analyse(accountId, image.image);
      if (problemOf(analysis, RECOGNITION_GATE) !== null)
        return { ...NOBODY, face: null, auto_enrolled: false };
      const { match, faceId, similarity, confidence } = await gallery.identify(
        collectionId,
        analysis.face.template,
        { threshold, descriptor: analysis.face.descriptor },
      );
      const found = { match, similarity, confidence, face: null, auto_enrolled: false };
      if (faceId === null) return found;
      const auto_enrolled = await autoEnrol(gallery, collectionId, faceId, {
        image: image.image,
        analysis,
      });
      const [face = null] = await described(gallery, collectionId, [
        await gallery.getFace(collectionId, faceId),
      ]);
      return { ...found, face, auto_enrolled };
    },
  });

  serve('read', 'POST /api/v1/collections/:collection_id/faces/:face_id/verify', {
    summary: 'Compare a picture with one face',
    params: OfFace,
    form: ProbeForm,
    answers: { 200: VerifiedFace },
    handle: async ({ params: { collection_id: collectionId, face_id: faceId }, body, accountId }) => {
      const { image, threshold } = body;
      const gallery = await galleries.of(accountId);
      await gallery.getFace(collectionId, faceId);
      const analysis = await analyse(accountId, image.image);
      if (problemOf(analysis, RECOGNITION_GATE) !== null) return NOBODY;
      const { face } = analysis;
      const compared = await gallery.compare(collectionId, faceId, face.template, face.descriptor);
      return { match: compared.confidence >= threshold, ...compared };
    },
  });
}
