import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { LintelError, PageFrames, PageVerdict, PageVisit, PageVisitRequest } from '#contract';
import type { Caller, PageAccess, PageGrant } from '#core/accounts';
import { endpoints } from '../../../http/endpoints.ts';
import { UploadedFile } from '../../../http/form.ts';
import { FACEAUTH } from '../envelope.ts';
import { isFromOtherPage } from './origin.ts';
import type { PageVisits } from './page-visits.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a page shows in place of a key: its token, or the visit that it has begun. */
    page?: 'token' | 'visit';
  }
  interface FastifyRequest {
    /** What the page that sent this may do. */
    grant: PageGrant | null;
    /** The origin of the page, where it may read the answer. */
    readableBy: string | null;
  }
}

const VISITS = '/api/v1/widget/visits';

/** Visits that one token may begin in a minute: more would push the open visits of others out. */
const BEGUN_BY_TOKEN = 20;

/** Sixteen pictures of a camera. */
const FRAMES_BYTES = 20_000_000;

/** Seconds for which a browser need not ask again whether it may ask. */
const PREFLIGHT_SECONDS = 60;

const FramesForm = z.object({
  frames: z.string().max(65_536).describe('What each image is: [{"captured_at", "moment"}], JSON'),
  'image[]': z.array(UploadedFile).min(1).max(16).describe('JPEG, in the same order'),
});

const BEARER = /^Bearer +(\S{1,2048}) *$/i;

/** Who sent a request that shows no key but what a page has. @throws `key-missing`, `key-in-browser`, `page-*`, `visit-unknown` */
export async function authenticatePage(
  request: FastifyRequest,
  access: PageAccess,
  visits: PageVisits,
): Promise<Caller> {
  const [, shown] = BEARER.exec(request.headers.authorization ?? '') ?? [];
  if (shown === undefined) throw new LintelError('key-missing');
  if (request.routeOptions.config.page === 'visit') {
    // The widget's own frame sends them, no other page.
    if (isFromOtherPage(request)) throw new LintelError('page-origin-refused');
    return (await visits.find(shown)).caller;
  }
  const { origin = '' } = request.headers;
  // A page that may not read the answer learns nothing about the token.
  const isListed = await access.isListed(origin);
  if (!isListed) throw new LintelError('page-origin-refused');
  if (!shown.startsWith('pk_')) {
    request.readableBy = origin;
    throw new LintelError('key-in-browser');
  }
  const grant = await access.verify(shown).catch((error: unknown) => {
    request.readableBy = origin;
    throw error;
  });
  if (!(await access.permits(grant, origin))) throw new LintelError('page-origin-refused');
  request.readableBy = origin;
  request.grant = grant;
  return grant.caller;
}

/** What the widget asks: from its page, whose origin the browser tells, and from its own frame. */
export function servePageVisits(scope: FastifyInstance, access: PageAccess, visits: PageVisits): void {
  scope.decorateRequest('grant', null);
  scope.decorateRequest('readableBy', null);
  scope.addHook('onSend', async ({ readableBy }: FastifyRequest, reply: FastifyReply) => {
    // Missing where no route of this API was found.
    if (readableBy) allowReading(reply, readableBy);
  });

  scope.options(VISITS, { schema: { hide: true } }, async ({ headers }, reply) => {
    const { origin = '' } = headers;
    if (!(await access.isListed(origin))) throw new LintelError('page-origin-refused');
    allowReading(reply, origin);
    return await reply
      .headers({
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-max-age': String(PREFLIGHT_SECONDS),
      })
      .code(204)
      .send();
  });

  endpoints(scope, FACEAUTH, { tag: 'widget', security: ['pageToken'] })('read', `POST ${VISITS}`, {
    config: {
      page: 'token',
      rateLimit: {
        max: BEGUN_BY_TOKEN,
        timeWindow: '1 minute',
        hook: 'preParsing',
        keyGenerator: ({ grant, ip }) => `page ${grant?.tokenId ?? ip}`,
        allowList: [],
      },
    },
    summary: 'Begin a visit, from a page with a token',
    body: PageVisitRequest,
    answers: { 201: PageVisit },
    handle: async ({ body, request }) => {
      const { mode, user_id: named, avoid } = body;
      const { grant } = request;
      if (grant === null) throw new LintelError('page-token-invalid');
      if (mode !== undefined && mode !== grant.purpose) throw new LintelError('usage', '(mode)');
      const user = grant.user ?? named;
      if (user === undefined) throw new LintelError('usage', '(user_id)');
      const { visit, ticket } = await visits.begin(grant, user, avoid);
      return {
        success: true,
        visit,
        challenge: ticket.challenge,
        step_ms: ticket.stepMs,
        frame_count: ticket.frameCount,
        expires_in_ms: ticket.expiresInMs,
      };
    },
  });

  endpoints(scope, FACEAUTH, { tag: 'widget', security: ['pageVisit'] })('read', `POST ${VISITS}/frames`, {
    config: { page: 'visit' },
    bodyLimit: FRAMES_BYTES,
    summary: 'Send the frames of a visit, from the frame of the widget',
    form: FramesForm,
    answers: { 200: PageVerdict },
    handle: async ({ body, request }) => {
      const { frames: text, 'image[]': images } = body;
      const frames = parseFrames(text);
      if (frames.length !== images.length) throw new LintelError('usage', '(One text for each image.)');
      const [, visit = ''] = BEARER.exec(request.headers.authorization ?? '') ?? [];
      return await visits.submit(
        visit,
        frames.map(({ captured_at: capturedAt, moment }, i) => ({
          image: images[i]!.image,
          capturedAt,
          moment,
        })),
      );
    },
  });
}

function allowReading(reply: FastifyReply, origin: string): void {
  void reply.headers({ 'access-control-allow-origin': origin, vary: 'Origin' });
}

/** @throws `usage` */
function parseFrames(text: string): z.infer<typeof PageFrames> {
  try {
    return PageFrames.parse(JSON.parse(text));
  } catch {
    throw new LintelError('usage', '(frames)');
  }
}
