import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { FaceMatch, FaceSession, FaceSessionResult, SessionMatchRequest, namedId } from '#contract';
import { RECOGNITION_GATE, requireFace } from '#core/recognition';
import { endpoints } from '../../http/endpoints.ts';
import { UploadedFile } from '../../http/form.ts';
import type { DialectOptions } from '../options.ts';
import { UQUDO } from './envelope.ts';
import { clearFaceOf, levelOf, photoFrom, requireSize } from './photos.ts';

const SessionForm = z.object({ idPhoto: UploadedFile });
const OfSession = z.object({ sessionId: namedId(128) });

/** Said where an endpoint is not on the page of the API. */
const OWN = 'Here besides: the page of the API does not have it.';

/** Face sessions: a photo that pictures, or a visitor at a paired appliance, are compared with for ten minutes. */
export function serveSessions(
  scope: FastifyInstance,
  { recognizer, calibration, sessions }: DialectOptions,
): void {
  const serve = endpoints(scope, UQUDO, { tag: 'session', security: ['oauth'] });

  serve('read', 'POST /api/v1/face', {
    summary: 'Open a face session, valid for ten minutes',
    description:
      'Its id, given at an appliance of the account, starts a visit there: a liveness check, and a match against the photo.',
    form: SessionForm,
    answers: { 201: FaceSession },
    handle: async ({ body, accountId }) => {
      const photo = requireSize(body.idPhoto.image);
      const { template } = requireFace(await recognizer.analyse(photo), RECOGNITION_GATE);
      const sessionId = await sessions.open(accountId, template);
      return { sessionId };
    },
  });

  serve('read', 'POST /api/v1/face/:sessionId/match', {
    summary: 'Compare a picture with the photograph of a session',
    description: OWN,
    params: OfSession,
    body: SessionMatchRequest,
    answers: { 200: FaceMatch },
    handle: async ({ params, body, accountId }) => {
      const { image, minimumMatchLevel } = body;
      const template = await sessions.templateOf(accountId, params.sessionId);
      const shown = clearFaceOf(await recognizer.analyse(photoFrom(image)));
      const level = levelOf({ template }, shown, calibration);
      return { match: level >= minimumMatchLevel, matchLevel: level };
    },
  });

  serve('read', 'GET /api/v1/face/:sessionId/result', {
    summary: 'What came of a session’s visit at an appliance',
    description: `${OWN} It can be read for ten minutes after the session has ended.`,
    params: OfSession,
    answers: { 200: FaceSessionResult },
    handle: ({ params, accountId }) => sessions.resultOf(accountId, params.sessionId),
  });
}
