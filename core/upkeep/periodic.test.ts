import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Log } from './log.ts';
import { startPeriodic } from './periodic.ts';

let logged: [level: string, what: object, message: string][];
let runs: number;
/** What the run after so many others comes to. */
let outcome: (earlier: number) => Promise<object>;
let end: () => Promise<void>;

beforeEach(() => {
  vi.useFakeTimers();
  [logged, runs, outcome] = [[], 0, (earlier) => Promise.resolve({ earlier })];
  const at = (level: string) => (what: object, message: string) => void logged.push([level, what, message]);
  const log: Log = { info: at('info'), error: at('error'), fatal: at('fatal') };
  const task = { firstMs: 10, everyMs: 100, work: () => outcome(runs++), done: 'done', failed: 'failed' };
  end = startPeriodic(task, log);
});
afterEach(async () => {
  await end();
  vi.useRealTimers();
});

it('runs soon, and then regularly', async () => {
  await vi.advanceTimersByTimeAsync(9);
  expect(runs).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(logged).toEqual([['info', { earlier: 0 }, 'done']]);
  await vi.advanceTimersByTimeAsync(89);
  expect(runs).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(runs).toBe(2);
  await vi.advanceTimersByTimeAsync(100);
  expect(logged.at(-1)).toEqual(['info', { earlier: 2 }, 'done']);
});

it('says what failed, and tries again next time', async () => {
  const error = new Error('The disk is full.');
  outcome = (earlier) => (earlier === 0 ? Promise.reject(error) : Promise.resolve({}));
  await vi.advanceTimersByTimeAsync(10);
  expect(logged).toEqual([['error', { err: error }, 'failed']]);
  await vi.advanceTimersByTimeAsync(90);
  expect(logged.slice(1)).toEqual([['info', {}, 'done']]);
});

it('does not begin before the run at hand is over', async () => {
  const slow = Promise.withResolvers<object>();
  outcome = () => slow.promise;
  await vi.advanceTimersByTimeAsync(100);
  expect(runs).toBe(1);
  slow.resolve({});
  await vi.advanceTimersByTimeAsync(0);
  expect(runs).toBe(2);
});

it('ends when the run at hand is over, and does not run again', async () => {
  const slow = Promise.withResolvers<object>();
  outcome = () => slow.promise;
  await vi.advanceTimersByTimeAsync(10);
  let hasEnded = false;
  const ending = end().then(() => (hasEnded = true));
  await vi.advanceTimersByTimeAsync(500);
  expect(hasEnded).toBe(false);
  slow.resolve({});
  await ending;
  expect(logged).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(500);
  expect(runs).toBe(1);
});

it('does not run once it has ended', async () => {
  await end();
  await vi.advanceTimersByTimeAsync(500);
  expect(runs).toBe(0);
});
