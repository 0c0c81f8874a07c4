import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LintelError, METERS, toErrorBody, type PlanLimits } from '#contract';
import type { Accounts, Caller } from '#core/accounts';
import type { Charge, Ledger } from '#core/usage';
import { authenticateByHeader } from '../../http/authentication.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A test key may not use this route. */
    liveOnly?: true;
  }
}

/** Begins a key that is for trying things out. */
const TEST_KEY = /^Bearer +fs_test_/i;

/** How a request stands to the limits of its key. */
interface Standing {
  readonly limits: PlanLimits;
  readonly charge: Charge;
}

/**
 * Every request of a known key counts, once, whatever becomes of it. Test keys have a meter of their own, with the limits of
 * the plan free.
 */
export class Limits {
  readonly #accounts: Accounts;
  readonly #ledger: Ledger;
  readonly #standings = new WeakMap<FastifyRequest, Standing>();

  constructor(accounts: Accounts, ledger: Ledger) {
    this.#accounts = accounts;
    this.#ledger = ledger;
  }

  /** Who sent a request; it is counted. @throws `unauthenticated`, `forbidden`, `rate-limited`, `month-used-up` */
  async authenticate(request: FastifyRequest): Promise<Caller> {
    const caller = await authenticateByHeader(request, this.#accounts, ['bearer']);
    const isTest = TEST_KEY.test(request.headers.authorization ?? '');
    const { accountId } = caller;
    const limits = isTest ? METERS.facesmash.free : await this.#ledger.limits(accountId, 'facesmash');
    const meter = isTest ? 'facesmash-test' : 'facesmash';
    const charge = await this.#ledger.charge(accountId, meter, limits);
    this.#standings.set(request, { limits, charge });
    if (charge.refusal !== null) throw new LintelError(charge.refusal);
    if (isTest && request.routeOptions.config.liveOnly) {
      throw new LintelError('forbidden', '(It takes a live key.)');
    }
    return caller;
  }

  /** Counts requests of known keys to unknown paths too, and adds the key's limits to the headers of every answer. */
  install(scope: FastifyInstance): void {
    scope.addHook('onRequest', async (request) => {
      if (!request.is404 || request.headers.authorization === undefined) return;
      await this.authenticate(request).catch((error: unknown) => {
        // No route is here; but a key without requests left gets `rate-limited`, not `not-found`.
        const { code } = toErrorBody(error);
        if (code !== 'unauthenticated') throw error;
      });
    });
    scope.addHook('onSend', async (request, reply) => {
      const standing = this.#standings.get(request);
      if (standing === undefined) return;
      void reply.headers(headersOf(standing));
      await standing.charge.settle();
    });
    // If the client has gone, no answer was sent: settle the charge then too.
    scope.addHook('onResponse', async (request) => {
      await this.#standings.get(request)?.charge.settle();
    });
  }
}

function headersOf({ limits, charge }: Standing): Record<string, string | number> {
  const { minute, month } = limits;
  const limit = charge.refusal === 'month-used-up' ? month : minute;
  const reset = Math.ceil(charge.resetsAt.getTime() / 1000);
  return {
    'x-ratelimit-limit': limit ?? 'unlimited',
    'x-ratelimit-remaining': charge.left ?? 'unlimited',
    'x-ratelimit-reset': reset,
    ...(charge.refusal !== null && { 'retry-after': Math.max(1, reset - Math.floor(Date.now() / 1000)) }),
  };
}
