import { describe, expect, it } from 'vitest';
import { seeded, shuffled } from '#core/matching';
import { checkCalibration } from './calibration-check.ts';

/** Two images per person; similarities of different people have an exponential tail, `shift` moves those of some. */
function data(count: number, shift: (person: number) => number) {
  const random = seeded(4);
  const values = Float64Array.from({ length: (2 * count) ** 2 }, () => 0.1 - 0.07 * Math.log10(1 - random()));
  return {
    people: Array.from({ length: 2 * count }, (_, i) => `${i >> 1}`),
    at: (i: number, j: number): number => {
      const [a, b] = i < j ? [i, j] : [j, i];
      return a >> 1 === b >> 1 ? 0.9 : values[a * 2 * count + b]! + shift(a >> 1) + shift(b >> 1);
    },
  };
}

describe('checkCalibration', () => {
  const check = checkCalibration(
    data(700, () => 0),
    seeded(1),
  )!;

  it('finds promises kept where both halves are alike', () => {
    const [at70, at80] = check.promises;
    for (const promise of [at70!, at80!]) {
      expect(promise.ratio).toBeGreaterThan(0.7);
      expect(promise.ratio).toBeLessThan(1.4);
      expect(promise.interval[0]).toBeLessThan(1);
      expect(promise.interval[1]).toBeGreaterThan(1);
      expect(promise.measured).toBeCloseTo(promise.falseMatches / promise.comparisons, 12);
    }
  });

  it('says which promises were extrapolated, and how far none of many can tell', () => {
    expect(check.promises.map((p) => [p.confidence, p.extrapolated])).toEqual([
      [70, false],
      [80, false],
      [90, true],
      [95, true],
    ]);
    const last = check.promises[3]!;
    expect(last.interval[1]).toBeGreaterThan(last.ratio);
  });

  it('measures identification in each half with the other half’s calibration', () => {
    expect(check.peoplePerHalf).toBe(350);
    expect(check.identification.map((row) => row.gallerySize)).toEqual([100, 350]);
  });

  it('finds promises broken by people who look more alike than those it calibrated on', () => {
    const all = data(300, () => 0);
    // The same shuffle as inside, so that one half looks alike and the other does not.
    const half = new Set(shuffled(new Set(all.people), seeded(1)).slice(0, 150));
    const broken = checkCalibration(
      data(300, (person) => (half.has(`${person}`) ? 0.07 : 0)),
      seeded(1),
    )!;
    // A shift of 0.14 is two decades for one half, and two decades the other way for the other.
    expect(broken.promises[0]!.ratio).toBeGreaterThan(10);
    expect(broken.promises[0]!.interval[0]).toBeGreaterThan(2);
  });

  it('needs enough people in each half', () => {
    expect(
      checkCalibration(
        data(199, () => 0),
        seeded(1),
      ),
    ).toBeNull();
  });
});
