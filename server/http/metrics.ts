import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { LintelError } from '#contract';
import type { Accounts } from '#core/accounts';
import type { IndexMemory } from '#core/gallery';
import type { DeviceStore, DeviceTotals } from '#core/store';
import { authenticateByHeader, requireScope } from './authentication.ts';

/**
 * `/metrics` for Prometheus, with a key that has the scope admin, of an account that an operator made: where a proxy stands
 * in front, every request comes from this machine, and anybody can register an account. Names no account.
 */
export function installMetrics(
  app: FastifyInstance,
  accounts: Accounts,
  others: readonly (readonly OtherMetric[])[],
): void {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const duration = new Histogram({
    name: 'lintel_http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [register],
  });
  for (const { name, help, value } of others.flat()) {
    const gauge = new Gauge({
      name,
      help,
      registers: [],
      async collect() {
        this.set(await value());
      },
    });
    register.registerMetric(gauge);
  }
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    const caller = await authenticateByHeader(request, accounts, ['apikey', 'bearer']);
    requireScope(caller, 'admin');
    if (await accounts.isRegistered(caller.accountId))
      throw new LintelError('forbidden', '(It takes a key of an account that the operator made.)');
    return await reply.type(register.contentType).send(await register.metrics());
  });
}

/** A number that is looked up when somebody asks. */
export interface OtherMetric {
  readonly name: string;
  readonly help: string;
  readonly value: () => number | Promise<number>;
}

export const metricsOfDevices = (devices: DeviceStore): readonly OtherMetric[] =>
  OF_DEVICES.map(([name, help, valueOf]) => ({
    name,
    help,
    value: async () => valueOf(await devices.totals()),
  }));

export const metricsOfIndexes = (memory: IndexMemory): readonly OtherMetric[] => [
  {
    name: 'lintel_index_bytes',
    help: 'Memory that indexes of collections take',
    value: () => memory.bytes,
  },
  {
    name: 'lintel_index_loads_total',
    help: 'Indexes, or parts of them, that were loaded',
    value: () => memory.counts.loads,
  },
  {
    name: 'lintel_index_drops_total',
    help: 'Indexes, or parts of them, that made room for others',
    value: () => memory.counts.drops,
  },
];

export const metricsOfNodes = ({
  counts,
}: {
  readonly counts: { readonly answered: number; readonly unanswered: number };
}): readonly OtherMetric[] => [
  {
    name: 'lintel_node_searches_answered_total',
    help: 'Searches in collections, or parts of them, that another server made',
    value: () => counts.answered,
  },
  {
    name: 'lintel_node_searches_unanswered_total',
    help: 'Searches that this server made because the one that holds the collection did not answer',
    value: () => counts.unanswered,
  },
];

const OF_DEVICES: readonly [name: string, help: string, valueOf: (totals: DeviceTotals) => number][] = [
  ['lintel_devices', 'Appliances that have joined and were not revoked', ({ devices }) => devices],
  ['lintel_device_queue', 'Operations that wait at appliances, as they last said', ({ queue }) => queue],
  ['lintel_device_parked', 'Operations of appliances that were refused', ({ parked }) => parked],
  [
    'lintel_device_silence_seconds',
    'Since the appliance that was silent for longest was in touch',
    ({ oldestContact }) => (oldestContact === null ? 0 : (Date.now() - Date.parse(oldestContact)) / 1000),
  ],
];
