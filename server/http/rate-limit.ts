import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LintelError } from '#contract';
import type { Rates } from '#core/store';

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts a request whose key only its body shows, once its `caller` is known. @throws `rate-limited` */
    countKeyOfBody(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  }
}

type Counted = (error: Error | null, result?: { current: number; ttl: number }) => void;

/**
 * Refuses requests of a key beyond `most` in a minute, counted by all servers on the database together: before the body is read,
 * and where only the body shows the key by `countKeyOfBody`.
 */
export async function installRateLimit(app: FastifyInstance, rates: Rates, most: number): Promise<void> {
  class Store {
    incr(keyId: string, counted: Counted): void {
      rates.take(`key ${keyId}`, 1).then(
        ({ count, endsInMs }) => counted(null, { current: count, ttl: endsInMs }),
        (error: unknown) => counted(error as Error),
      );
    }

    child(): this {
      return this;
    }
  }
  await app.register(rateLimit, {
    max: most,
    timeWindow: '1 minute',
    hook: 'preParsing',
    store: Store,
    keyGenerator: ({ caller, ip }) => caller?.keyId ?? ip,
    allowList: ({ caller }) => caller === null,
    errorResponseBuilder: () => new LintelError('rate-limited'),
  });
  const count = app.createRateLimit();
  app.decorate('countKeyOfBody', async (request: FastifyRequest, reply: FastifyReply) => {
    const rate = await count(request);
    if (rate.isAllowed) return;
    void reply.headers({
      'x-ratelimit-limit': rate.max,
      'x-ratelimit-remaining': rate.remaining,
      'x-ratelimit-reset': rate.ttlInSeconds,
    });
    if (!rate.isExceeded) return;
    void reply.header('retry-after', rate.ttlInSeconds);
    throw new LintelError('rate-limited');
  });
}
