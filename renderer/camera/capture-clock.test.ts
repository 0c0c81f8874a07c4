import { describe, expect, it } from 'vitest';
import { CaptureClock } from './capture-clock.ts';

/** Pictures of a camera, 33 ms apart, each looked at so many milliseconds after it was taken. @returns when each was taken */
function taken(clock: CaptureClock, delays: readonly number[], from = 0, cameraBegan = 500): number[] {
  return delays.map((delay, i) => clock.takenAt(from + i * 33 - cameraBegan, from + i * 33 + delay));
}

const gaps = (times: readonly number[]): number[] => times.slice(1).map((time, i) => time - times[i]!);

describe('the times of pictures', () => {
  it('are as even as the camera, however long each waits to be looked at', () => {
    const times = taken(new CaptureClock(), [5, 60, 20, 110, 7, 45]);
    expect(gaps(times)).toEqual([33, 33, 33, 33, 33]);
    expect(times[0]).toBe(5);
  });

  it('are right from the first picture on that did not wait', () => {
    expect(taken(new CaptureClock(), [60, 40, 15, 3, 40, 70])).toEqual([60, 73, 81, 102, 135, 168]);
  });

  it('follow clocks that drift apart', () => {
    const clock = new CaptureClock();
    // A camera that counts 1 % slow: 0.1 s within ten seconds.
    for (let at = 0; at < 60_000; at += 33) {
      const waited = at % 3 === 0 ? 4 : 30;
      expect(Math.abs(clock.takenAt(at * 0.99, at + waited) - at)).toBeLessThan(110);
    }
  });

  it('are those of looking at them where the camera has no clock', () => {
    const clock = new CaptureClock();
    expect([5, 40, 95, 130].map((seenAt) => clock.takenAt(0, seenAt))).toEqual([5, 40, 95, 130]);
  });

  it('begin anew with a camera that was opened again', () => {
    const clock = new CaptureClock();
    taken(clock, [5, 5, 5]);
    expect(taken(clock, [6, 30], 200, 700)).toEqual([206, 239]);
    expect(taken(clock, [6, 30], 9_000, 9_000)).toEqual([9_006, 9_039]);
    expect(taken(clock, [6, 30], 10_000, 0)).toEqual([10_006, 10_039]);
  });
});
