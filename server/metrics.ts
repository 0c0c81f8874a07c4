import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { LintelError } from '#contract';
import type { Accounts } from '#core/accounts';
import { authenticate } from './authentication.ts';

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** `/metrics` for Prometheus: for this machine itself, or with a key that has the scope admin. Names no account. */
export function installMetrics(app: FastifyInstance, accounts: Accounts): void {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const duration = new Histogram({
    name: 'lintel_http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [register],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    const isForwarded =
      request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined;
    if (isForwarded || !LOOPBACK.has(request.ip)) {
      const { scopes } = await authenticate(request, accounts);
      if (!scopes.includes('admin')) throw new LintelError('forbidden');
    }
    return await reply.type(register.contentType).send(await register.metrics());
  });
}
