import { expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

it('waits longer with each failure, up to a quarter of an hour', () => {
  const longest = Array.from({ length: 12 }, (_, i) => backoffMs(i + 1, () => 0));
  expect(longest.slice(0, 4)).toEqual([5_000, 10_000, 20_000, 40_000]);
  expect(longest.at(-1)).toBe(15 * 60_000);
});

it('waits at least half of that', () => {
  expect(backoffMs(3, () => 1)).toBe(10_000);
});
