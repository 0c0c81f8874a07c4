import type { FastifyInstance } from 'fastify';
import { LintelError } from '#contract';

/** A JSON body with an image of 10 MB in base 64. */
export const BODY_LIMIT = 14_000_000;

/** Of somebody who has shown no key: a pairing takes some hundred bytes. */
const UNKNOWN_LIMIT = 16_384;

/** Bytes of bodies that may be in memory at once. */
const BUDGET = 20 * BODY_LIMIT;

/**
 * Refuses requests whose bodies would not fit into memory beside those under way, once it is known who sends and before
 * they are read. Whoever is unknown cannot use up what is there for others.
 */
export function installAdmission(app: FastifyInstance): void {
  let used = 0;
  app.addHook('preParsing', async (request, reply) => {
    const isKnown = (request.caller ?? request.device ?? null) !== null;
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    // A body of unknown length may grow to the limit.
    const { bodyLimit } = request.routeOptions;
    const size = encoding === undefined ? Number(length ?? 0) : bodyLimit;
    if (size > (isKnown ? bodyLimit : UNKNOWN_LIMIT)) throw new LintelError('body-too-large');
    if (used + size > BUDGET) throw new LintelError('busy');
    used += size;
    reply.raw.once('close', () => {
      used -= size;
    });
  });
}
