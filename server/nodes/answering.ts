import { PassThrough } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { LintelError, PartSearch } from '#contract';
import type { Nodes } from '#core/store';
import type { Galleries } from '../galleries.ts';
import { answerTo, openMessage, QUESTION, sealMessage } from './sealed-messages.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether another server on the database sent it. */
    isOfNode: boolean;
  }
}

export const NODE_SEARCH = '/nodes/search';

/** How far the clocks of two nodes may differ. Who recorded a question can have it answered so long, and cannot read the answer. */
const CLOCKS_MS = 5 * 60_000;

/** How often a node says that it is at it: the first search loads the part, which takes its time. */
const STILL_MS = 1000;
const STILL = Buffer.of(0);
const BEGIN = Buffer.of(1);

/**
 * Answers other nodes what the parts of collections have that they take this one to hold. It never asks further: where the
 * nodes disagree about who holds a part, it is loaded here, too.
 */
export function answerNodes(
  app: FastifyInstance,
  { nodes, galleries, modelId }: { nodes: Nodes; galleries: Galleries; modelId: string },
): void {
  void app.register(async (scope) => {
    const parseAs = 'buffer';
    scope.addContentTypeParser<Buffer>('application/octet-stream', { parseAs }, (_request, body, done) =>
      done(null, body),
    );
    scope.post<{ Body: Buffer }>(NODE_SEARCH, { schema: { hide: true } }, async (request, reply) => {
      const { body: question } = request;
      const search = PartSearch.parse(openMessage(nodes.key, QUESTION, question));
      if (Math.abs(Date.now() - search.at) > CLOCKS_MS) throw new LintelError('unauthenticated');
      if (search.modelId !== modelId) throw new LintelError('model-other');
      request.isOfNode = true;
      const answer = new PassThrough();
      const still = setInterval(() => answer.write(STILL), STILL_MS);
      void partOf(galleries, search)
        .catch((error: unknown) => {
          request.log.warn({ err: error }, 'a search for another node failed, which makes it itself');
          return null;
        })
        .then((found) =>
          answer.end(Buffer.concat([BEGIN, sealMessage(nodes.key, answerTo(question), found)])),
        );
      answer.once('close', () => clearInterval(still));
      return await reply.type('application/octet-stream').send(answer);
    });
  });
}

async function partOf(galleries: Galleries, search: PartSearch) {
  const { account, collectionId, number, of, count } = search;
  const bytes = Buffer.from(search.template, 'base64');
  const template = new Float32Array(new Uint8Array(bytes).buffer);
  const gallery = await galleries.of(account);
  return await gallery.searchPart(collectionId, { number, of }, template, count);
}
