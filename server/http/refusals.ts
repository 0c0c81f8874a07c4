import type { FastifyInstance } from 'fastify';
import type { Record } from '#core/upkeep';
import { countRefusals } from './refusal-counts.ts';

/**
 * Records how many requests were refused for their key.
 * @param record as the device
 */
export function installRefusalCount(app: FastifyInstance, record: Record): void {
  const count = countRefusals(app, { unauthenticated: 0, forbidden: 0 }, (counts) =>
    record({ kind: 'requests-refused', ...counts }),
  );
  app.addHook('onResponse', async (_request, { statusCode }) => {
    if (statusCode === 401) count('unauthenticated');
    if (statusCode === 403) count('forbidden');
  });
}
