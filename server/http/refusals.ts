import type { FastifyInstance } from 'fastify';
import type { Record } from '#core/upkeep';

const EVERY_MS = 60_000;

/**
 * Records how many requests were refused for their key. Once a minute at most: a client that guesses keys must not fill
 * the audit log, nor make the server wait for the disk.
 * @param record as the device
 */
export function installRefusalCount(app: FastifyInstance, record: Record): void {
  let unauthenticated = 0;
  let forbidden = 0;
  app.addHook('onResponse', async (_request, { statusCode }) => {
    if (statusCode === 401) unauthenticated++;
    if (statusCode === 403) forbidden++;
  });
  const flush = async (): Promise<void> => {
    if (unauthenticated + forbidden === 0) return;
    const counted = { unauthenticated, forbidden };
    unauthenticated = forbidden = 0;
    await record({ kind: 'requests-refused', ...counted });
  };
  const timer = setInterval(() => {
    flush().catch((error: unknown) => app.log.error({ err: error }, 'refusals are not in the audit log'));
  }, EVERY_MS).unref();
  app.addHook('onClose', async () => {
    clearInterval(timer);
    await flush();
  });
}
