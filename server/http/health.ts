import type { FastifyInstance } from 'fastify';

/**
 * For who starts servers and shares requests among them, without a key and without saying more: `/livez` answers while the
 * process serves, `/readyz` while the store answers too; else it is `store-busy` (503), and requests are better sent elsewhere.
 * @param ask asks the store for anything
 */
export function installHealth(app: FastifyInstance, ask: () => Promise<unknown>): void {
  app.get('/livez', { schema: { hide: true } }, () => ({ status: 'live' }));
  app.get('/readyz', { schema: { hide: true } }, async () => {
    await ask();
    return { status: 'ready' };
  });
}
