import { describe, expect, it } from 'vitest';
import { CalibrationTable } from '#contract';
import { makeCalibrationTable } from './calibrate.ts';
import { Rates, Scores } from './metrics.ts';

/** Impostors evenly from 0 to 1/2, so that the similarity at a rate is half of one minus that rate. */
function evenImpostors(count: number): Rates {
  const impostor = new Scores();
  for (let i = 0; i < count; i++) impostor.add((i + 0.5) / count / 2);
  const genuine = new Scores();
  genuine.add(1);
  return new Rates(genuine, impostor);
}

const source = { modelId: 'model', dataSet: 'even', people: 2, comparisons: 3000 };

describe('makeCalibrationTable', () => {
  it('measures what three expected false matches support and extrapolates the rest', () => {
    const table = CalibrationTable.parse(makeCalibrationTable(evenImpostors(3000), source));
    expect(table.points.map((p) => p.extrapolated)).toEqual([false, false, false, true, true, true]);
    const expected = [0.45, 0.495, 0.4995];
    for (const [i, similarity] of expected.entries()) {
      expect(Math.abs(table.points[i]!.similarity - similarity)).toBeLessThan(2e-4);
    }
    const [, p2, p3, p4] = table.points;
    expect(p4!.similarity).toBeCloseTo(2 * p3!.similarity - p2!.similarity, 4);
  });

  it('refuses data that supports fewer than two rates', () => {
    expect(() => makeCalibrationTable(evenImpostors(100), source)).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  });
});
