import { expect, it } from 'vitest';
import { retryDelay } from './socket-bridge.ts';

it('waits longer from attempt to attempt, and never so long that a person notices', () => {
  const delays = [0, 1, 2, 3, 40].map((attempt) => retryDelay(attempt));
  expect(delays).toEqual([125, 250, 250, 250, 250]);
});
