import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Health, LintelError, METERS, Registered, Registration, toErrorBody, UsageReport } from '#contract';
import { networkOf } from '../../http/connections.ts';
import { endpoints } from '../../http/endpoints.ts';
import { countEnrolled } from '../default-collection.ts';
import type { DialectOptions } from '../options.ts';
import { FACEAUTH, nameOf } from './envelope.ts';

/** Registrations of one network in a minute. */
const REGISTRATIONS = 120;

/** Entries of the log that are shown. */
const LOGS = 20;

const OfKey = z.object({ api_key: z.string() });

/** Registering, usage and health. */
export function serveAccount(
  scope: FastifyInstance,
  { accounts, galleries, ledger, mayRegister }: DialectOptions,
): void {
  const serve = endpoints(scope, FACEAUTH, { tag: 'account', security: ['apiKey', 'bearer'] });
  const serveOpenly = endpoints(scope, FACEAUTH, { tag: 'health', security: [] });

  serve('open', 'POST /api/v1/register', {
    config: {
      rateLimit: {
        max: REGISTRATIONS,
        timeWindow: '1 minute',
        keyGenerator: ({ ip }) => `register ${networkOf(ip)}`,
        allowList: [],
      },
    },
    summary: 'Register for an API key, on the plan free',
    body: Registration,
    answers: { 201: Registered },
    handle: async ({ body }) => {
      if (!mayRegister) throw new LintelError('registration-off');
      const { email, name } = body;
      try {
        const { apiKey, number } = await accounts.register({ email, name });
        const user = { id: number, email, name, plan: 'free' };
        return { success: true, api_key: apiKey, user };
      } catch (error) {
        throw toErrorBody(error).code === 'account-exists' ? new LintelError('email-exists') : error;
      }
    },
  });

  serve('read', 'GET /api/v1/usage/:api_key', {
    summary: 'What was called with your key',
    params: OfKey,
    answers: { 200: UsageReport },
    handle: async ({ params: { api_key: apiKey }, accountId }) => {
      // Another account's key and an unknown key get the same answer.
      const owner = await accounts.authenticate(apiKey);
      if (owner?.accountId !== accountId) throw new LintelError('unauthenticated');
      const { plan } = await accounts.get(accountId);
      const gallery = await galleries.of(accountId);
      const usage = await ledger.usage(accountId, 'faceauth');
      const attempts = usage.totalCalls + usage.failures;
      return {
        success: true,
        user: { plan: plan ?? 'unlimited', api_key: `${apiKey.slice(0, 6)}…` },
        usage: {
          monthly_calls: usage.monthlyCalls,
          monthly_limit: plan === null ? null : METERS.faceauth[plan].month,
          total_calls: usage.totalCalls,
          success_rate: attempts === 0 ? 0 : Math.round((usage.totalCalls / attempts) * 1000) / 10,
          enrolled_faces: await countEnrolled(gallery),
        },
        daily_usage: usage.days,
        recent_logs: usage.log.slice(0, LOGS).map(({ call, outcome, at }) => ({
          endpoint: `/${call}`,
          success: outcome === 'success',
          code: outcome === 'success' ? null : nameOf(outcome),
          created_at: at,
        })),
      };
    },
  });

  serveOpenly('open', 'GET /api/v1/health', {
    summary: 'Whether the server works',
    answers: { 200: Health },
    handle: () => ({
      success: true,
      status: 'healthy',
      // The server does not listen before its networks are loaded.
      models_loaded: true,
      uptime: Math.floor(process.uptime()),
    }),
  });
}
