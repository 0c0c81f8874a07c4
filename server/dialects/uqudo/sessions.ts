import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { FaceMatch, FaceSession, LintelError, SessionMatchRequest } from '#contract';
import { similarity } from '#core/matching';
import { callerOf } from '../../http/authentication.ts';
import { requireForm, UploadedFile } from '../../http/form.ts';
import type { DialectOptions } from '../options.ts';
import { answers } from './envelope.ts';
import { FaceSessions } from './face-sessions.ts';
import { levelOf, photoFrom, requireSize } from './photos.ts';

const SessionForm = z.object({ idPhoto: UploadedFile });
const OfSession = z.object({ sessionId: z.string().min(1).max(128) });

/** Face sessions: a photograph that pictures of the same person are compared with for ten minutes. */
export function serveSessions(scope: FastifyInstance, { recognizer, calibration }: DialectOptions): void {
  const common = { tags: ['session'], security: [{ oauth: [] }] };
  const sessions = new FaceSessions();

  const templateOf = async (photo: Uint8Array): Promise<Float32Array> => {
    const { face } = await recognizer.analyse(photo);
    if (face === null) throw new LintelError('no-face');
    return face.template;
  };

  scope.post<{ Body: z.infer<typeof SessionForm> }>(
    '/api/v1/face',
    {
      config: { scope: 'read' },
      schema: {
        ...common,
        summary: 'Open a face session, valid for ten minutes',
        consumes: ['multipart/form-data'],
        body: SessionForm,
        response: answers(201, FaceSession),
      },
      preValidation: requireForm,
    },
    async (request, reply) => {
      const template = await templateOf(requireSize(request.body.idPhoto.image));
      const sessionId = sessions.open(callerOf(request).accountId, template);
      return reply.code(201).send({ sessionId });
    },
  );

  scope.post<{ Params: z.infer<typeof OfSession>; Body: z.infer<typeof SessionMatchRequest> }>(
    '/api/v1/face/:sessionId/match',
    {
      config: { scope: 'read' },
      schema: {
        ...common,
        summary: 'Compare a picture with the photograph of a session',
        params: OfSession,
        body: SessionMatchRequest,
        response: answers(200, FaceMatch),
      },
    },
    async (request) => {
      const { image, minimumMatchLevel } = request.body;
      const { accountId } = callerOf(request);
      const expected = sessions.get(accountId, request.params.sessionId);
      const { face } = await recognizer.analyse(photoFrom(image));
      const matchLevel = face === null ? 0 : levelOf(similarity(expected, face.template), calibration);
      return { match: matchLevel >= minimumMatchLevel, matchLevel };
    },
  );
}
