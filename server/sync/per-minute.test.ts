import { expect, it } from 'vitest';
import { perMinute } from './per-minute.ts';

it('counts for each apart, for a minute', () => {
  let now = 0;
  const take = perMinute(3, () => now);
  take('a', 2);
  take('a');
  expect(() => take('a')).toThrow(expect.objectContaining({ code: 'rate-limited' }));
  expect(() => take('b', 4)).toThrow(expect.objectContaining({ code: 'rate-limited' }));
  take('c');
  now = 60_000;
  take('a');
});

it('counts ten thousand at once, and all others together', () => {
  const take = perMinute(1, () => 0);
  for (let i = 0; i < 10_000; i++) take(`n${i}`);
  take('new');
  expect(() => take('another')).toThrow(expect.objectContaining({ code: 'rate-limited' }));
});
