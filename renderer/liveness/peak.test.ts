import { describe, expect, it } from 'vitest';
import { nearPeak } from './peak.ts';

const times = (...values: number[]): { at: number }[] => values.map((at) => ({ at }));

describe('pictures around the height of a step', () => {
  it('are the nearest ones that are apart, in order of time', () => {
    const pictures = times(0, 33, 66, 100, 133, 166, 200, 233, 266, 300);
    expect(nearPeak(pictures, 140)).toEqual(times(33, 133, 233));
    expect(nearPeak(pictures, 300)).toEqual(times(100, 200, 300));
  });

  it('are fewer when there are no more', () => {
    expect(nearPeak(times(100, 120), 90)).toEqual(times(100));
    expect(nearPeak([], 90)).toEqual([]);
  });
});
