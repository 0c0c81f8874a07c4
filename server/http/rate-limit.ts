import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { LintelError } from '#contract';
import type { Rates } from '#core/store';

type Counted = (error: Error | null, result?: { current: number; ttl: number }) => void;

/** Refuses requests of a key beyond `most` in a minute, counted by all servers on the database together. */
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
}
