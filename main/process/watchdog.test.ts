import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startWatchdog } from './watchdog.ts';

const told: string[] = [];
let now = 0;
let stop = (): void => undefined;

beforeEach(() => {
  vi.useFakeTimers();
  told.length = 0;
  now = 0;
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

function start(answers: () => Promise<void>): void {
  stop = startWatchdog({ answers, tell: (state) => told.push(state), now: () => now });
}
/** @returns how often the program was said to be alive meanwhile */
async function pass(seconds: number): Promise<number> {
  const before = told.length;
  for (let second = 0; second < seconds; second++) {
    now += 1000;
    await vi.advanceTimersByTimeAsync(1000);
  }
  return told.length - before;
}

it('says once that the program is ready, then each second that it is alive', async () => {
  start(async () => undefined);
  expect(told).toEqual(['READY=1', 'WATCHDOG=1']);
  expect(await pass(60)).toBe(60);
  expect(new Set(told.slice(1))).toEqual(new Set(['WATCHDOG=1']));
  stop();
  expect(await pass(60)).toBe(0);
});

it('falls silent when a part does not answer any more, and asks it no second time', async () => {
  let asked = 0;
  start(() => {
    asked += 1;
    return asked < 5 ? Promise.resolve() : new Promise(() => undefined);
  });
  await pass(30);
  expect(await pass(30)).toBe(0);
  expect(asked).toBe(5);
});

it('is patient with parts that cannot take a question, and not for ever', async () => {
  let isBusy = true;
  start(() => (isBusy ? Promise.reject(new Error('busy')) : Promise.resolve()));
  expect(await pass(15)).toBe(15);
  isBusy = false;
  expect(await pass(60)).toBe(60);
  isBusy = true;
  await pass(30);
  expect(await pass(30)).toBe(0);
});
