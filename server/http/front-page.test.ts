import Fastify from 'fastify';
import { afterEach, expect, it } from 'vitest';
import { LintelError } from '#contract';
import { installFrontPage, type FrontPageOptions } from './front-page.ts';

const WELL = async (): Promise<void> => undefined;

let app = Fastify();
afterEach(() => app.close());

async function serve(options: Partial<FrontPageOptions>): Promise<string> {
  app = Fastify();
  installFrontPage(app, {
    version: '1',
    isDocumented: true,
    askStore: WELL,
    askRecognition: WELL,
    ...options,
  });
  return await app.listen({ host: '127.0.0.1', port: 0 });
}

/** Status and what is said of the state, of store and recognition. */
async function look(origin: string): Promise<unknown[]> {
  const answer = await fetch(origin);
  const text = await answer.text();
  return [answer.status, ...Array.from(text.matchAll(/<li class="(good|bad)">/g), ([, word]) => word)];
}

it('says what is well', async () => {
  expect(await look(await serve({}))).toEqual([200, 'good', 'good']);
});

it('says what fails, and when it is back', async () => {
  let isAway = true;
  const askStore = async (): Promise<void> => {
    if (isAway) throw new LintelError('store-busy');
  };
  const origin = await serve({ askStore });
  expect(await look(origin)).toEqual([503, 'bad', 'good']);
  isAway = false;
  expect(await look(origin)).toEqual([200, 'good', 'good']);
});

it('comes although something does not answer, and all who look meanwhile share one look', async () => {
  let looks = 0;
  const { promise: never } = Promise.withResolvers<void>();
  const askRecognition = (): Promise<void> => {
    looks += 1;
    return never;
  };
  const origin = await serve({ askRecognition, limitMs: 300 });
  const all = await Promise.all(Array.from({ length: 5 }, () => look(origin)));
  expect(all).toEqual(Array.from({ length: 5 }, () => [503, 'good', 'bad']));
  expect(looks).toBeLessThan(5);
});
