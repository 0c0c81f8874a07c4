import { Transform, type Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LintelError } from '#contract';
import { Tally } from './tally.ts';

/** A JSON body with an image of 10 MB in base 64. */
export const BODY_LIMIT = 14_000_000;

/** Most bytes of a body without a key: a pairing takes some hundred. */
const UNKNOWN_LIMIT = 16_384;

/** Bytes of bodies that may be in memory at once. */
export interface Budgets {
  readonly all: number;
  /** For one account, so that no account uses up the memory of others. */
  readonly account: number;
  /** For all requests together whose key is in the body, and so not checked yet. */
  readonly unseen: number;
  /** For all requests together without a key. */
  readonly unknown: number;
  /** For other servers on the database. */
  readonly nodes: number;
}

const BUDGETS: Budgets = {
  all: 20 * BODY_LIMIT,
  account: 6 * BODY_LIMIT,
  unseen: 96_000_000,
  unknown: 256 * UNKNOWN_LIMIT,
  nodes: 2 * BODY_LIMIT,
};

/**
 * Refuses requests whose bodies do not fit into memory beside those under way, once it is known who sends. A body counts
 * from byte to byte as it arrives until its request is answered: what is only announced takes nothing from anybody.
 */
export function installAdmission(app: FastifyInstance, budgets: Budgets = BUDGETS): void {
  let used = 0;
  const perAccount = new Tally();
  app.addHook('preParsing', async (request, reply, payload: Readable) => {
    const { name, limit, budget } = shareOf(request, budgets);
    const { 'content-length': announced, 'transfer-encoding': encoding } = request.headers;
    if (Number(announced ?? 0) > limit) throw new LintelError('body-too-large');
    if (encoding === undefined && Number(announced ?? 0) === 0) return payload;

    let size = 0;
    const body = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        if (size + chunk.length > limit) return done(new LintelError('body-too-large'));
        const isOver = used + chunk.length > budgets.all || perAccount.of(name) + chunk.length > budget;
        if (isOver) return done(new LintelError('busy'));
        size += chunk.length;
        used += chunk.length;
        perAccount.add(name, chunk.length);
        return done(null, chunk);
      },
    });
    // Perhaps nothing reads the body: an error without a listener would end the process.
    body.on('error', () => undefined);
    reply.raw.once('close', () => {
      used -= size;
      perAccount.add(name, -size);
      size = 0;
      // The rest of a body that nothing reads is dropped, so that the connection can be used again.
      payload.unpipe(body);
      payload.resume();
      // Perhaps something reads it: without this error, it would wait for ever when the body breaks off.
      body.destroy(request.raw.complete ? undefined : new Error('The connection ended in the body.'));
    });
    return payload.pipe(body);
  });
}

/** From whose budget a body is taken, and how long it may be. */
function shareOf({ caller, device, isOfNode, routeOptions }: FastifyRequest, budgets: Budgets) {
  const account = caller?.accountId ?? device?.account;
  const { bodyLimit: limit, config } = routeOptions;
  if (account !== undefined) return { name: account, limit, budget: budgets.account };
  if (isOfNode) return { name: '(nodes)', limit, budget: budgets.nodes };
  // It was let through to a route that takes a key: its body is to show one.
  if (config.scope !== undefined) return { name: '(unseen)', limit, budget: budgets.unseen };
  return { name: '(unknown)', limit: UNKNOWN_LIMIT, budget: budgets.unknown };
}
