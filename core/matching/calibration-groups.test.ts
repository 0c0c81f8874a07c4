import { describe, expect, it } from 'vitest';
import type { CalibrationTable } from '#contract';
import { describeGroups, fitGroups, strictest } from './calibration-groups.ts';
import { ImpostorPairs } from './impostor-pairs.ts';
import { madeUpTable } from './testing/made-up-table.ts';
import { seeded } from './seeded.ts';
import { similarity } from './template.ts';

const options = { modelId: 'made-up', dataSet: 'people', seed: 1 };
const DIMENSION = 16;

/** Templates around a common direction: the nearer to it, the more alike strangers are. */
function people(group: string, count: number, common: number, seed: number) {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, i) => {
    const values = Array.from({ length: DIMENSION }, () => random() + random() + random() - 1.5);
    values[0]! += common;
    const length = Math.hypot(...values);
    return { person: `${group}${i}`, group, template: Float32Array.from(values, (value) => value / length) };
  });
}

/** False matches within a group at a similarity, of all comparisons. */
function rateOf(group: ReturnType<typeof people>, least: number): number {
  const pairs = new ImpostorPairs(
    group.map(({ person }) => person),
    (i, j) => similarity(group[i]!.template, group[j]!.template),
  );
  return pairs.rateAt(least);
}

const at = ({ points }: CalibrationTable, rate: number) =>
  points.find(({ falseMatchRate }) => falseMatchRate === rate)!.similarity;

describe('a calibration by groups', () => {
  const alike = people('alike', 120, 1, 1);
  const different = people('different', 120, 0, 2);
  const few = people('few', 20, 3, 3);
  const { table, worst, tooSmall } = fitGroups(
    [...alike, ...different, ...few, { ...few[0]!, group: undefined }],
    ({ group }) => group,
    options,
  );

  it('keeps its rates among the people who are the most alike, drawn anew, which that of all does not', () => {
    const others = people('alike', 400, 1, 11);
    for (const rate of [1e-1, 1e-2]) expect(rateOf(others, at(table, rate))).toBeLessThanOrEqual(rate);
    const all = new ImpostorPairs(
      [...alike, ...different].map(({ person }) => person),
      (i, j) => similarity([...alike, ...different][i]!.template, [...alike, ...different][j]!.template),
    );
    expect(rateOf(others, all.quantiles([1e-2])[0]!.similarity)).toBeGreaterThan(1e-2);
  });

  it('says which group asked for it, and of which nothing is known', () => {
    expect(worst.find(({ falseMatchRate }) => falseMatchRate === 1e-2)?.group).toBe('alike');
    for (const { falseMatchRate, most } of worst) expect(at(table, falseMatchRate)).toBeGreaterThan(most);
    expect(tooSmall).toEqual(['few']);
    expect(table).toMatchObject({ people: 240, dataSet: 'people, the worst of 2 groups' });
    expect(describeGroups({ worst, tooSmall })).toMatch(
      /1e-2 .*alike\n(.*\n)+Too few people in the group few/,
    );
  });

  it('is none where all groups are too small', () => {
    expect(() => fitGroups(few, ({ group }) => group, options)).toThrow(
      expect.objectContaining({ code: 'calibration-too-few' }),
    );
  });
});

describe('the strictest of tables', () => {
  const wide = (table: CalibrationTable, more: number): CalibrationTable => ({
    ...table,
    points: table.points.map((point) => ({
      ...point,
      interval: [point.similarity - more, point.similarity + more],
    })),
  });
  const of = (...tables: CalibrationTable[]) =>
    strictest(
      tables.map((table, i) => ({ group: `${i}`, table })),
      options,
    );

  it('is by the upper end of an interval, at each rate of the group that needs it', () => {
    const sure = wide(
      madeUpTable([
        [1e-1, 0.3],
        [1e-2, 0.4],
        [1e-3, 0.7],
      ]),
      0.01,
    );
    const unsure = wide(
      madeUpTable([
        [1e-1, 0.28],
        [1e-2, 0.42],
        [1e-3, 0.5],
      ]),
      0.06,
    );
    const { table, worst } = of(sure, unsure);
    expect(table.points.map(({ similarity }) => Number(similarity.toFixed(2)))).toEqual([0.34, 0.48, 0.71]);
    expect(worst.map(({ group }) => group)).toEqual(['1', '1', '0']);
  });

  it('promises no rate that some group cannot be promised, and rises', () => {
    const short = wide(
      madeUpTable([
        [1e-1, 0.3],
        [1e-2, 0.9],
      ]),
      0.005,
    );
    const long = wide(
      madeUpTable([
        [1e-1, 0.3],
        [1e-2, 0.4],
        [1e-3, 0.5],
      ]),
      0,
    );
    expect(of(long, short).table.points.map(({ falseMatchRate }) => falseMatchRate)).toEqual([1e-1, 1e-2]);
    const flat = wide(
      madeUpTable([
        [1e-1, 0.3],
        [1e-2, 0.31],
        [1e-3, 0.5],
      ]),
      0,
    );
    const bent = {
      ...flat,
      points: flat.points.map((point, i) =>
        i === 0 ? { ...point, interval: [0.3, 0.35] as [number, number] } : point,
      ),
    };
    expect(of(bent).table.points.map(({ falseMatchRate }) => falseMatchRate)).toEqual([1e-1, 1e-3]);
    expect(() =>
      of(
        wide(
          madeUpTable([
            [1e-1, 0.3],
            [1e-2, 0.4],
          ]),
          0.65,
        ),
      ),
    ).toThrow(expect.objectContaining({ code: 'calibration-too-few' }));
  });
});
