import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Comparison, Enrolled, LintelError, Removed, UserName, Verification } from '#contract';
import { keyOfName } from '#core/enrolment';
import { RECOGNITION_GATE, requireFace, type AnalysedFace } from '#core/recognition';
import { similarity } from '#core/matching';
import { endpoints } from '../../http/endpoints.ts';
import { UploadedFile, type Upload } from '../../http/form.ts';
import { countEnrolled, DEFAULT_COLLECTION, whereThere } from '../default-collection.ts';
import type { DialectOptions } from '../options.ts';
import { FACEAUTH } from './envelope.ts';
import { enrolNamed, verifyNamed } from './named.ts';
import { scoreOf } from './score.ts';

/** Three pictures of 10 MB and what is around them. */
const FORM_BYTES = 32_000_000;

const api_key = z.string().optional().describe('In place of a header');
const image = UploadedFile.optional();
const EnrolmentForm = z.object({
  name: UserName,
  image: image.describe('Required'),
  image1: image.describe('Another picture, for better accuracy'),
  image2: image,
  api_key,
});
const VerificationForm = z.object({ name: UserName, image: image.describe('Required'), api_key });
const OfName = z.object({ name: UserName });
const MatchForm = z.object({
  image1: image.describe('Required'),
  image2: image.describe('Required'),
  api_key,
});

const imageMissing = (parts: string): LintelError => new LintelError('image-missing', `Send ${parts}.`);

/** Enrolling, verifying and comparing: the calls that are counted. */
export function serveFaces(
  scope: FastifyInstance,
  { galleries, recognizer, recognizers, calibration, ledger }: DialectOptions,
): void {
  const serve = endpoints(scope, FACEAUTH, { tag: 'faces', security: ['apiKey', 'bearer'] });

  /** Refuses a picture that shows no face clearly: such pictures resemble each other, also when they show other people. */
  const faceIn = async (upload: Upload, analyser = recognizer): Promise<AnalysedFace> =>
    requireFace(await analyser.analyse(upload.image), RECOGNITION_GATE);

  serve('write', 'POST /api/v1/enroll', {
    bodyLimit: FORM_BYTES,
    summary: 'Enroll a user, or give one more pictures',
    form: EnrolmentForm,
    answers: { 201: Enrolled },
    handle: async ({ body: { name, image, image1, image2 }, accountId }) => {
      const uploads = [image, image1, image2].filter((each) => each !== undefined);
      if (uploads.length === 0) throw imageMissing('the part image');
      const gallery = await galleries.of(accountId);
      const images = uploads.map((upload) => upload.image);
      const number = await ledger.metered(accountId, 'faceauth', 'enroll', async () =>
        enrolNamed(gallery, await recognizers.of(accountId), name, images),
      );
      return {
        success: true,
        face_id: number,
        external_user_id: name,
        message: 'Face enrolled successfully',
      };
    },
  });

  serve('write', 'DELETE /api/v1/enroll/:name', {
    summary: 'Remove a user; not counted, and not on the page',
    params: OfName,
    answers: { 200: Removed },
    handle: async ({ params: { name }, accountId }) => {
      const gallery = await galleries.of(accountId);
      const remove = () => gallery.deleteFacesByExternalKey(DEFAULT_COLLECTION, keyOfName(name));
      if ((await whereThere(remove, 0)) === 0) throw new LintelError('face-not-found');
      return { success: true, message: 'Face removed successfully' };
    },
  });

  serve('read', 'POST /api/v1/verify', {
    bodyLimit: FORM_BYTES,
    summary: 'Verify that a picture shows a user',
    description: 'A match takes distance ≤ 0.42, confidence ≥ 85, and that nobody else is more alike.',
    form: VerificationForm,
    answers: { 200: Verification },
    handle: async ({ body: { name, image }, accountId }) => {
      if (image === undefined) throw imageMissing('the part image');
      const gallery = await galleries.of(accountId);
      if ((await countEnrolled(gallery)) === 0) throw new LintelError('nobody-enrolled');
      return await ledger.metered(accountId, 'faceauth', 'verify', async () => {
        const face = await faceIn(image, await recognizers.of(accountId));
        return await verifyNamed(gallery, calibration, name, face);
      });
    },
  });

  serve('read', 'POST /api/v1/match', {
    bodyLimit: FORM_BYTES,
    summary: 'Compare two pictures',
    form: MatchForm,
    answers: { 200: Comparison },
    handle: async ({ body: { image1, image2 }, accountId }) => {
      if (image1 === undefined || image2 === undefined) throw imageMissing('the parts image1 and image2');
      return await ledger.metered(accountId, 'faceauth', 'match', async () => {
        const [one, other] = [await faceIn(image1), await faceIn(image2)];
        const score = scoreOf(similarity(one.template, other.template), calibration);
        return {
          success: true,
          ...score,
          status: score.match ? 'match' : 'no_match',
          similarity: score.confidence,
        };
      });
    },
  });
}
