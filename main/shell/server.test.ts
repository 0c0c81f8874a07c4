import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLog } from '../process/index.ts';
import { createAccess } from './access.ts';
import { startKioskServer } from './server.ts';

/** Long enough for an answer over loopback. */
const WHILE_MS = 200;

it('asks who spends an address while that browser waits for its answer', async () => {
  const access = createAccess();
  const order: string[] = [];
  const answered = Promise.withResolvers<void>();
  const server = await startKioskServer({
    appliance: { connect: () => Promise.reject(new Error('Nobody connects.')) as never },
    access,
    resolveAsset: () => null,
    port: 0,
    log: createLog('silent'),
    onRedeemed: async () => {
      await Promise.race([answered.promise, pause(WHILE_MS)]);
      order.push('asked');
    },
  });
  const answer = await fetch(`${server.origin}/?token=${access.issueToken()}`, { redirect: 'manual' });
  order.push('answered');
  answered.resolve();
  expect(answer.status).toBe(303);
  await server.close();
  expect(order).toEqual(['asked', 'answered']);
});
