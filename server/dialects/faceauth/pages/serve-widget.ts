import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CAMERA_PAGE_SOURCES, LintelError } from '#contract';
import type { PageAccess } from '#core/accounts';
import type { WidgetFile, WidgetFiles } from './widget-files.ts';

const Framed = z.object({ origin: z.string().max(512) });
const OfFile = z.object({ name: z.string().max(128) });

/** How long browsers may keep the files, in seconds: an update reaches every page within it. */
const KEEP_SECONDS = 3600;

/** Where the frame's files are, and how long each may be kept: names in `assets` have a hash of the contents in them. */
const FOLDERS = { assets: 31_536_000, 'mediapipe/wasm': KEEP_SECONDS, models: KEEP_SECONDS };

/**
 * `/widget.js` for pages of any origin, and the frame that it opens: of this server's own origin, with a content security
 * policy of its own, and only within pages of an origin that some key has.
 */
export function serveWidget(scope: FastifyInstance, access: PageAccess, files: WidgetFiles): void {
  const hidden = { schema: { hide: true } };

  scope.get('/widget.js', hidden, async (request, reply) => {
    void reply.headers({
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    });
    return await send(request, reply, await files.get('/widget.js'), KEEP_SECONDS);
  });

  scope.get<{ Querystring: z.infer<typeof Framed> }>(
    '/widget/frame',
    { schema: { hide: true, querystring: Framed } },
    async (request, reply) => {
      const { origin } = request.query;
      if (!(await access.isListed(origin))) throw new LintelError('page-origin-refused');
      void reply.headers({
        // The page looks before it opens the frame.
        'access-control-allow-origin': origin,
        vary: 'Origin',
        'cross-origin-resource-policy': 'cross-origin',
        'content-security-policy': policyFor(origin),
        'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
        'referrer-policy': 'no-referrer',
      });
      return await send(request, reply, await files.get('/index.html'), 0);
    },
  );

  for (const [folder, seconds] of Object.entries(FOLDERS)) {
    scope.get<{ Params: z.infer<typeof OfFile> }>(
      `/widget/${folder}/:name`,
      { schema: { hide: true, params: OfFile } },
      async (request, reply) => {
        void reply.header('cross-origin-resource-policy', 'same-origin');
        return await send(request, reply, await files.get(`/${folder}/${request.params.name}`), seconds);
      },
    );
  }
}

/** @param seconds for which it may be kept */
async function send(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  file: WidgetFile | null,
  seconds: number,
): Promise<FastifyReply> {
  if (file === null) throw new LintelError('route-unknown');
  const { contentType, plain, gzipped } = file;
  const takesGzip = /\bgzip\b/.test(headers['accept-encoding'] ?? '');
  const vary = reply.getHeader('vary');
  void reply.headers({
    'cache-control': seconds === 0 ? 'no-store' : `public, max-age=${seconds}`,
    vary: vary === undefined ? 'Accept-Encoding' : `${String(vary)}, Accept-Encoding`,
    ...(takesGzip && { 'content-encoding': 'gzip' }),
  });
  return await reply.type(contentType).send(takesGzip ? gzipped : plain);
}

const policyFor = (origin: string): string =>
  [
    ...CAMERA_PAGE_SOURCES,
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${origin}`,
  ].join('; ');
