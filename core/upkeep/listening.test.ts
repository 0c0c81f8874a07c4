import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { listenAt } from './listening.ts';

it('a server goes on listening when it cannot take a connection', async () => {
  const app = Fastify();
  const noted: unknown[] = [];
  const origin = await listenAt(
    app,
    { host: '127.0.0.1', port: 0 },
    { error: ({ err }: { err?: Error }) => noted.push(err?.message) },
  );
  app.server.emit('error', new Error('accept EMFILE'));
  expect(noted).toEqual(['accept EMFILE']);
  expect((await fetch(origin)).status).toBe(404);
  await app.close();
});
