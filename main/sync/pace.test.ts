import { expect, it } from 'vitest';
import { Pace } from './pace.ts';

it('grows on a quick line up to half a megabyte, and shrinks on a slow one to what a server waits for', () => {
  const pace = new Pace();
  const first = pace.bytes;
  // A server waits a minute, at 9.6 kbit/s too.
  expect((first * 8) / 9600).toBeLessThan(60);
  for (let i = 0; i < 10; i++) pace.learn(100);
  expect(pace.bytes).toBe(512 * 1024);
  pace.learn(5000);
  expect(pace.bytes).toBe(512 * 1024);
  for (let i = 0; i < 20; i++) pace.learn(30_000);
  expect(pace.bytes).toBe(first);
});
