import type { FastifyInstance } from 'fastify';
import { LintelError } from '#contract';

/** A JSON body with an image of 10 MB in base 64. */
export const BODY_LIMIT = 14_000_000;

/** Of somebody who has shown no key: a pairing takes some hundred bytes. */
const UNKNOWN_LIMIT = 16_384;

/** Bytes of bodies that may be in memory at once, */
const BUDGET = 20 * BODY_LIMIT;

/** and of those that only say themselves whose they are. */
const UNSEEN_BUDGET = 96_000_000;

/**
 * Refuses requests whose bodies would not fit into memory beside those under way, once it is known who sends and before
 * they are read. Whoever is unknown cannot use up what is there for others.
 */
export function installAdmission(app: FastifyInstance): void {
  let used = 0;
  let unseen = 0;
  app.addHook('preParsing', async (request, reply) => {
    const isKnown = (request.caller ?? request.device ?? null) !== null;
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    const { bodyLimit, config } = request.routeOptions;
    // It was let through to a route that takes a key: its body is to show one.
    const isUnseen = !isKnown && config.scope !== undefined;
    // A body of unknown length may grow to the limit.
    const size = encoding === undefined ? Number(length ?? 0) : bodyLimit;
    const isTooLarge =
      isKnown || isUnseen ? size > bodyLimit : encoding !== undefined || size > UNKNOWN_LIMIT;
    if (isTooLarge) throw new LintelError('body-too-large');
    if (used + size > BUDGET || (isUnseen && unseen + size > UNSEEN_BUDGET)) throw new LintelError('busy');
    used += size;
    if (isUnseen) unseen += size;
    reply.raw.once('close', () => {
      used -= size;
      if (isUnseen) unseen -= size;
    });
  });
}
