import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  DEFAULT_THRESHOLD,
  FaceMatch,
  FaceMatchRequest,
  LintelError,
  OneToNInsert,
  OneToNInsertRequest,
  OneToNPlace,
  OneToNSearch,
  OneToNSearchRequest,
} from '#contract';
import { ENROLMENT_RULES, referenceFrom } from '#core/enrolment';
import type { Gallery } from '#core/gallery';
import { callerOf, requireScope } from '../../http/authentication.ts';
import { endpoints } from '../../http/endpoints.ts';
import { DEFAULT_COLLECTION, whereThere } from '../default-collection.ts';
import type { DialectOptions } from '../options.ts';
import { UQUDO } from './envelope.ts';
import { clearFaceOf, levelOf, photoFrom } from './photos.ts';

const NOBODY = { oneToNVerificationId: null, oneToNVerificationMatch: false };

/** Comparing two pictures, and 1:N over the collection `default`. */
export function serveFaces(
  scope: FastifyInstance,
  { galleries, recognizer, recognizers, calibration }: DialectOptions,
): void {
  const serve = endpoints(scope, UQUDO, { tag: 'face', security: ['oauth'] });

  serve('read', 'POST /api/v1/face/match', {
    summary: 'Compare two pictures',
    body: FaceMatchRequest,
    answers: { 200: FaceMatch },
    handle: async ({ body }) => {
      const photos = [photoFrom(body.sourceImage), photoFrom(body.targetImage)] as const;
      const source = clearFaceOf(await recognizer.analyse(photos[0]));
      const target = clearFaceOf(await recognizer.analyse(photos[1]));
      const level = levelOf(source, target, calibration);
      return { match: level >= body.minimumMatchLevel, matchLevel: level };
    },
  });

  serve('read', 'POST /api/v1/face/one-to-n/search', {
    summary: '1:N search: whether a photo’s person is known, and insert it if not',
    body: OneToNSearchRequest,
    answers: { 200: OneToNSearch },
    handle: async ({ body: { idPhoto, insert }, request }) => {
      const caller = callerOf(request);
      if (insert) requireScope(caller, 'write');
      const photo = photoFrom(idPhoto);
      const analyser = await recognizers.of(caller.accountId);
      const analysis = await analyser.analyse(photo);
      if (analysis.face === null) return NOBODY;
      const gallery = await galleries.of(caller.accountId);
      const face = clearFaceOf(analysis);
      const search = async () =>
        face &&
        (await gallery.identify(DEFAULT_COLLECTION, face.template, {
          threshold: DEFAULT_THRESHOLD,
          descriptor: face.descriptor,
        }));
      const known = await whereThere(search, null);
      if (known?.faceId) return { oneToNVerificationId: known.faceId, oneToNVerificationMatch: true };
      if (!insert) return NOBODY;
      const rules = ENROLMENT_RULES.uqudo.searchAndInsert;
      const { reference } = await referenceFrom({ recognizer: analyser }, photo, rules);
      await gallery.ensureCollection(DEFAULT_COLLECTION);
      // Searched again in its turn: of many at once with one new person, one inserts.
      const person = { references: [reference] } as const;
      const result = await rules.enrol(gallery, DEFAULT_COLLECTION, person, DEFAULT_THRESHOLD);
      return 'enrolled' in result
        ? { oneToNVerificationId: result.enrolled.faceId, oneToNVerificationMatch: false }
        : { oneToNVerificationId: result.found.faceId, oneToNVerificationMatch: true };
    },
  });

  serve('write', 'POST /api/v1/face/one-to-n/insert', {
    summary: '1:N insert',
    body: OneToNInsertRequest,
    answers: { 200: OneToNInsert },
    handle: async ({ body, accountId }) => {
      const photo = photoFrom(body.idPhoto);
      const gallery = await galleries.of(accountId);
      const rules = ENROLMENT_RULES.uqudo.insert;
      const made = { recognizer: await recognizers.of(accountId) };
      const { reference } = await referenceFrom(made, photo, rules);
      await gallery.ensureCollection(DEFAULT_COLLECTION);
      const { faceId } = await rules.enrol(gallery, DEFAULT_COLLECTION, { references: [reference] });
      return { oneToNVerificationId: faceId };
    },
  });

  /** A collection that is not there yet has no face. @throws `face-not-found` also where the work says false */
  const remove = async (account: string, work: (gallery: Gallery) => Promise<unknown>): Promise<null> => {
    const gallery = await galleries.of(account);
    const done = await whereThere<unknown>(() => work(gallery), false);
    if (done === false) throw new LintelError('face-not-found');
    return null;
  };

  serve('write', 'DELETE /api/v1/face/one-to-n/search/:oneToNVerificationId', {
    summary: '1:N delete: the picture goes, what is indexed of it stays',
    params: OneToNPlace,
    answers: { 204: z.null() },
    handle: ({ params: { oneToNVerificationId: faceId }, accountId }) =>
      remove(accountId, (gallery) => gallery.dropPictures(DEFAULT_COLLECTION, faceId)),
  });

  serve('write', 'DELETE /api/v1/face/one-to-n/:oneToNVerificationId', {
    summary: 'Delete a person as a whole, with all that is indexed',
    params: OneToNPlace,
    answers: { 204: z.null() },
    handle: ({ params: { oneToNVerificationId: faceId }, accountId }) =>
      remove(accountId, (gallery) => gallery.deleteFace(DEFAULT_COLLECTION, faceId)),
  });
}
