import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  LintelError,
  MOST_CALL_BYTES,
  NODE_CALLS,
  NodeCaller,
  NodeQuestion,
  NodeReply,
  toErrorBody,
  type NodeCall,
  type NodeInput,
  type NodeOutput,
} from '#contract';
import type { Nodes, ServerNode } from '#core/store';
import { answerNode, askNode, CLOCKS_MS } from './exchange.ts';
import { openMessage, sealMessage } from './sealed-messages.ts';
import { Seen } from './seen.ts';

/** What a server does for itself and for the others in what lies in its memory. */
export type NodeCalls = {
  readonly [Call in NodeCall]: (input: NodeInput<Call>) => NodeOutput<Call> | Promise<NodeOutput<Call>>;
};

/** Asks the server that holds something. @throws what that refuses */
export type Ask = <Call extends NodeCall>(call: Call, input: NodeInput<Call>) => Promise<NodeOutput<Call>>;

const NODE_CALL = '/nodes/call';

/** Both name who is asked: what was said to one server is nothing to another, nor to the same one after a new start. */
const callTo = ({ server }: ServerNode): string => `call ${server}`;
const proofTo = ({ server }: ServerNode): string => `caller ${server}`;

const AUTHORIZATION = /^Node ([\w-]{1,512})$/;

/** @returns what a server answers of what lies in its memory, or refuses @throws what the connection throws */
export async function callNode<Call extends NodeCall>(
  nodes: Pick<Nodes, 'key'>,
  node: ServerNode,
  call: Call,
  input: NodeInput<Call>,
): Promise<{ readonly output: NodeOutput<Call> } | { readonly refused: LintelError }> {
  const at = Date.now();
  const proof = sealMessage(nodes.key, proofTo(node), { at } satisfies NodeCaller);
  const { input: taken, output } = NODE_CALLS[call];
  const message: NodeQuestion = { at, call, input: z.encode(taken as z.ZodType, input) };
  const reply = NodeReply.parse(
    await askNode(nodes, {
      address: node.address,
      path: NODE_CALL,
      about: callTo(node),
      message,
      authorization: `Node ${proof.toString('base64url')}`,
    }),
  );
  if ('refused' in reply) {
    const { retryAfter, ...body } = reply.refused;
    return { refused: LintelError.fromBody(body, retryAfter) };
  }
  return { output: z.decode(output as z.ZodType, reply.output) as NodeOutput<Call> };
}

/**
 * Answers what other servers ask of what lies in this one's memory: it never asks further, so that nothing goes round. Who asks
 * shows the key of all before a body is read, and each question is answered once.
 */
export function answerCalls(
  app: FastifyInstance,
  nodes: Nodes,
  calls: NodeCalls,
  now: () => number = Date.now,
): void {
  // For as long as a clock that is behind may take a question for new, and one that is ahead.
  const seen = new Seen(2 * CLOCKS_MS);

  const identify = async (request: FastifyRequest): Promise<void> => {
    const [, proof] = AUTHORIZATION.exec(request.headers.authorization ?? '') ?? [];
    if (proof === undefined) throw new LintelError('unauthenticated');
    const opened = openMessage(nodes.key, proofTo(nodes.own), Buffer.from(proof, 'base64url'));
    requireNew(NodeCaller.parse(opened).at);
    request.isOfNode = true;
  };
  const requireNew = (at: number): void => {
    if (Math.abs(now() - at) > CLOCKS_MS) throw new LintelError('unauthenticated');
  };

  const options = { schema: { hide: true }, bodyLimit: MOST_CALL_BYTES, onRequest: identify };
  app.post<{ Body: unknown }>(NODE_CALL, options, async ({ body, log }, reply) => {
    if (!Buffer.isBuffer(body)) throw new LintelError('usage');
    const { at, call, input } = NodeQuestion.parse(openMessage(nodes.key, callTo(nodes.own), body));
    requireNew(at);
    // Its nonce: no other question has it.
    if (!seen.isFirst(body.toString('latin1', 0, 12), now())) throw new LintelError('unauthenticated');
    const answered = answer(calls, call, input).catch((error: unknown): NodeReply => {
      if (!(error instanceof LintelError)) log.error({ err: error, call }, 'a call of another node failed');
      const retryAfter = error instanceof LintelError ? error.retryAfter : null;
      return { refused: { ...toErrorBody(error), retryAfter } };
    });
    return await answerNode(reply, nodes, body, answered);
  });
}

async function answer(calls: NodeCalls, call: NodeCall, input: unknown): Promise<NodeReply> {
  const { input: taken, output } = NODE_CALLS[call];
  const work = calls[call] as (input: unknown) => unknown;
  const given: unknown = z.decode(taken as z.ZodType, input);
  return { output: z.encode(output as z.ZodType, await work(given)) };
}
