import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DoorReading } from '#contract';
import { polling, probed, type Sensor } from './actuator.ts';

describe('sensors that are looked at', () => {
  /** What they answer; null: they do not. */
  let answer: Partial<DoorReading> | null;
  let looks: number;
  /** Whether they answer, each time that this changes. */
  let told: boolean[];
  let unwatch: () => void;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    answer = { open: false };
    looks = 0;
    told = [];
  });
  afterEach(() => {
    unwatch();
    vi.useRealTimers();
  });

  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
  const watch = async (everyMs: number | null, sensors: readonly Sensor[] = []): Promise<void> => {
    const look = async (): Promise<DoorReading> => {
      looks += 1;
      if (answer === null) throw new Error('no answer');
      return { open: null, exit: null, tamper: null, ...answer };
    };
    unwatch = polling(
      everyMs,
      look,
      sensors,
    )({
      read: () => undefined,
      pressed: () => undefined,
      answering: (doThey) => told.at(-1) !== doThey && told.push(doThey),
    });
    await pass(0);
  };

  it.each([
    ['fail', null, ['open', 'tamper']],
    ['leave one out', { tamper: false }, ['open', 'tamper']],
    ['say nothing', {}, []],
    ['leave out one that answered before', { tamper: false }, []],
  ] as const)('are silent once looks %s for a while, until they answer', async (_, silent, sensors) => {
    answer = { open: false, tamper: false };
    await watch(500, sensors);
    answer = silent;
    await pass(10_000);
    expect(told).toEqual([true]);
    await pass(1_000);
    expect(told).toEqual([true, false]);
    answer = { open: false, tamper: false };
    await pass(500);
    expect(told).toEqual([true, false, true]);
  });

  it('are not silent for a few looks that fail, one after the other or not', async () => {
    await watch(500);
    for (let i = 0; i < 5; i++) {
      answer = null;
      await pass(9_000);
      answer = { open: false };
      await pass(1_000);
    }
    expect(told).toEqual([true]);
  });

  it('are silent after several looks where these are rare', async () => {
    answer = null;
    await watch(60_000);
    await pass(179_000);
    expect(told).toEqual([]);
    await pass(2_000);
    expect([looks, told]).toEqual([4, [false]]);
    unwatch();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [null, { open: false }, 3],
    [null, { open: false, exit: false }, 11],
    [1_000, { open: false, exit: false }, 2],
  ])('every %s ms that say %j are looked at %i times in a second', async (everyMs, says, times) => {
    answer = says;
    await watch(everyMs);
    await pass(1_000);
    expect(looks).toBe(times);
  });
});

it.each([
  [{ is: 'open', isNot: null }, 'open', true],
  [{ is: 'open', isNot: null }, 'closed', false],
  [{ is: 'open', isNot: null }, 'unavailable', null],
  [{ is: 'open', isNot: null }, undefined, null],
  [{ is: 'unknown', isNot: null }, 'unknown', true],
  [{ is: 'open', isNot: 'closed' }, 'closed', false],
  [{ is: 'open', isNot: 'closed' }, 'lost', null],
  [{ is: true, isNot: null }, false, false],
  [{ is: true, isNot: null }, null, null],
  [{ is: 1, isNot: null }, 0, false],
  [{ is: 1, isNot: null }, '0', null],
])('a sensor of %j that says %j: %s', (probe, said, is) => {
  expect(probed(probe, said)).toBe(is);
});
