import { describe, expect, it } from 'vitest';
import { afterFailure, remainingLock, UNLOCKED, type LockState } from './lockout.ts';

const NOW = 1_700_000_000_000;

function fail(times: number): LockState {
  let state = UNLOCKED;
  for (let i = 0; i < times; i++) state = afterFailure(state, NOW);
  return state;
}

describe('lockout', () => {
  it.each([
    [1, 0],
    [4, 0],
    [5, 30],
    [6, 60],
    [7, 120],
    [9, 480],
    [10, 900],
    [50, 900],
    [2000, 900],
  ])('after %i failures in a row lasts %i s', (failures, seconds) => {
    expect(remainingLock(fail(failures), NOW)).toBe(seconds * 1000);
  });

  it('runs out', () => {
    expect(remainingLock(fail(5), NOW + 29_999)).toBe(1);
    expect(remainingLock(fail(5), NOW + 30_000)).toBe(0);
  });

  it('never outlasts 15 minutes, whatever the clock was set to', () => {
    expect(remainingLock(fail(5), NOW - 365 * 24 * 3_600_000)).toBe(15 * 60_000);
  });
});
