import { expect, it } from 'vitest';
import { crashTest } from './store-crash.ts';

/** `npm run test:crash -- --runs N` does more, by default a thousand. */
const RUNS = 15;

it(`a store survives kill -9 at ${RUNS} random moments: nothing acknowledged is lost, nothing is half done`, async () => {
  const { runs, acknowledged, struck } = await crashTest(RUNS, 1);
  expect(runs).toBe(RUNS);
  // Otherwise nothing was put to the test.
  expect(acknowledged).toBeGreaterThan(RUNS);
  expect(Object.keys(struck).length).toBeGreaterThan(3);
});
