import { expect, it } from 'vitest';
import { retryDelay } from './socket-bridge.ts';

it('waits longer from attempt to attempt, up to a limit', () => {
  const delays = [0, 1, 2, 3, 4, 5, 40].map((attempt) => retryDelay(attempt, 0.5));
  expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
});

it('spreads the screens of one server', () => {
  expect(retryDelay(2, 0)).toBe(1500);
  expect(retryDelay(2, 1)).toBe(2500);
});
