import type { FastifyInstance } from 'fastify';
import { LintelError, PartSearch } from '#contract';
import type { Nodes } from '#core/store';
import type { Galleries } from '../galleries.ts';
import { answerCalls, type NodeCalls } from './calls.ts';
import { answerNode, CLOCKS_MS } from './exchange.ts';
import { openMessage, QUESTION } from './sealed-messages.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether another server on the database sent it. */
    isOfNode: boolean;
  }
}

export const NODE_SEARCH = '/nodes/search';

export interface AnsweringOptions {
  readonly galleries: Galleries;
  readonly modelId: string;
  /** What this server does in what lies in its memory. */
  readonly calls: NodeCalls;
}

/**
 * Answers other nodes what the parts of collections have that they take this one to hold, and what they ask of what lies in its
 * memory. It never asks further: where the nodes disagree about who holds a part, it is loaded here, too.
 */
export function answerNodes(
  app: FastifyInstance,
  { nodes, calls, galleries, modelId }: AnsweringOptions & { readonly nodes: Nodes },
): void {
  void app.register(async (scope) => {
    const parseAs = 'buffer';
    scope.addContentTypeParser<Buffer>('application/octet-stream', { parseAs }, (_request, body, done) =>
      done(null, body),
    );
    answerCalls(scope, nodes, calls);
    scope.post<{ Body: unknown }>(NODE_SEARCH, { schema: { hide: true } }, async (request, reply) => {
      const { body: question } = request;
      if (!Buffer.isBuffer(question)) throw new LintelError('usage');
      const search = PartSearch.parse(openMessage(nodes.key, QUESTION, question));
      if (Math.abs(Date.now() - search.at) > CLOCKS_MS) throw new LintelError('unauthenticated');
      if (search.modelId !== modelId) throw new LintelError('model-other');
      request.isOfNode = true;
      const found = partOf(galleries, search).catch((error: unknown) => {
        request.log.warn({ err: error }, 'a search for another node failed, which makes it itself');
        return null;
      });
      return await answerNode(reply, nodes, question, found);
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
