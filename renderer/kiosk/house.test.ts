import { describe, expect, it } from 'vitest';
import type { Direction, Settings } from '#contract';
import { isByTouch, isNight, shiftOf } from './house.ts';

const at = (hours: number, minutes = 0): Date => new Date(2026, 10, 29, hours, minutes);

describe('the night', () => {
  it.each([
    [null, at(3), false],
    [{ from: '22:00', to: '06:30' }, at(21, 59), false],
    [{ from: '22:00', to: '06:30' }, at(22), true],
    [{ from: '22:00', to: '06:30' }, at(6, 29), true],
    [{ from: '22:00', to: '06:30' }, at(6, 30), false],
    [{ from: '01:00', to: '05:00' }, at(0, 59), false],
    [{ from: '01:00', to: '05:00' }, at(4, 59), true],
    [{ from: '01:00', to: '05:00' }, at(5), false],
  ])('of %j is at %s: %s', (night, now, is) => {
    expect(isNight(night, now)).toBe(is);
  });
});

it('moves the attract screen each minute, by little, and around', () => {
  const places = Array.from({ length: 9 }, (_, minute) => shiftOf(minute * 60_000));
  expect(places[0]).toEqual([0, 0]);
  expect(new Set(places.map(String)).size).toBe(9);
  expect(places.flat().every((pixels) => Math.abs(pixels) <= 8)).toBe(true);
  expect(shiftOf(59_999)).toEqual([0, 0]);
  expect(shiftOf(9 * 60_000)).toEqual([0, 0]);
});

it('waits for a touch where that is set, where people choose their way, and where nobody is recognised', () => {
  const usual = { mode: 'check-in', attendanceBy: 'alternating', startBy: 'presence' } as const;
  const set = (others: Partial<Settings> = {}, doorDirection: Direction | null = null): boolean =>
    isByTouch({ settings: { ...usual, ...others }, doorDirection });
  expect(set()).toBe(false);
  expect(set({ startBy: 'touch' })).toBe(true);
  expect(set({ attendanceBy: 'touch' })).toBe(false);
  expect(set({ mode: 'attendance' })).toBe(false);
  expect(set({ mode: 'attendance', attendanceBy: 'touch' })).toBe(true);
  // A door that leads one way leaves no choice.
  expect(set({ mode: 'attendance', attendanceBy: 'touch' }, 'in')).toBe(false);
  expect(set({ mode: 'enrolment' })).toBe(true);
});
