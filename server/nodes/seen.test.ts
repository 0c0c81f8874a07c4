import { expect, it } from 'vitest';
import { Seen } from './seen.ts';

it('remembers what came for its time, and forgets it by twice that', () => {
  const seen = new Seen(100);
  expect([seen.isFirst('a', 0), seen.isFirst('a', 0)]).toEqual([true, false]);
  expect(seen.isFirst('b', 99)).toBe(true);
  expect([seen.isFirst('a', 100), seen.isFirst('b', 198)]).toEqual([false, false]);
  // A clock that is set back forgets nothing.
  expect([seen.isFirst('a', 10), seen.isFirst('b', 10)]).toEqual([false, false]);
  expect([seen.isFirst('a', 350), seen.isFirst('b', 350)]).toEqual([true, true]);
});
