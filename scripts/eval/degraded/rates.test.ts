import { describe, expect, it } from 'vitest';
import { createCalibration } from '#core/matching';
import { RECOGNITION_GATE } from '#core/recognition';
import { madeUpTable } from '../../../core/matching/testing/made-up-table.ts';
import { GOOD_FACE } from '../../../core/recognition/testing/measurements.ts';
import type { SpoiledPicture } from '../spoiled/gather.ts';
import { pair } from './command.ts';
import { degradedRates } from './rates.ts';
import { degradedSvg, degradedTables } from './report.ts';

const CALIBRATION = createCalibration(
  madeUpTable([1e-1, 1e-3, 1e-4, 1e-5, 1e-6].map((rate, i) => [rate, 0.1 + 0.2 * i])),
);
const PEOPLE = 20;

function picture(person: number, number: number, change: Partial<SpoiledPicture> = {}): SpoiledPicture {
  const template = new Float32Array(PEOPLE + 1);
  template[person] = 1;
  const found = { template, measurements: GOOD_FACE, print: new Uint8Array() };
  return {
    person: `${person}`,
    path: `${person}/${number}`,
    kind: 'untouched',
    turn: 0,
    luma: 110,
    isOfAnother: false,
    found,
    ...change,
  };
}

/** As no person looks. */
const STRANGE = new Float32Array(PEOPLE + 1).fill(0, 0, PEOPLE).fill(1, PEOPLE);

const everybody = [...Array(PEOPLE).keys()];
const references = everybody.map((i) => picture(i, 1));
const probes = everybody.flatMap((i) => {
  const good = picture(i, 2).found!;
  const dark = { ...good, measurements: { ...GOOD_FACE, meanLuma: 5, surroundLuma: 5 } };
  return [
    picture(i, 2),
    // One probe of the first ten people, three of the others.
    ...[3, 4, 5].slice(0, i < 10 ? 1 : 3).map((number) =>
      picture(i, number, {
        kind: 'covered',
        // The first ten are missed, of the others every third.
        found: i < 10 || number === 3 ? { ...good, template: STRANGE } : good,
      }),
    ),
    picture(i, 2, { kind: 'dark', found: i < 5 ? dark : null }),
    picture(i, 2, { kind: 'another', isOfAnother: i < 5, turn: 0 }),
  ];
});

describe('degradedRates', () => {
  const rates = degradedRates(
    references,
    probes,
    { gate: RECOGNITION_GATE, advice: { ...RECOGNITION_GATE, interOcular: 70 } },
    CALIBRATION,
  );
  const [untouched, covered, dark, another] = rates;

  it('counts misses by probe and by person', () => {
    expect(covered!.missed).toMatchObject({ count: 20, of: 40, rate: 0.5 });
    expect(covered!.missedByPerson.of).toBe(PEOPLE);
    expect(covered!.missedByPerson.rate).toBeCloseTo((10 + 10 / 3) / 20, 9);
    const [low, high] = covered!.missed.interval;
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
    expect(untouched!.missed).toMatchObject({ count: 0, of: 20 });
    expect(untouched!.missed.interval[1]).toBeCloseTo(3 / 20, 9);
  });

  it('tells what the gate refuses, and what of that would match', () => {
    expect(untouched!.passed).toEqual({ matched: 20, missed: 0 });
    expect(covered!.passed).toEqual({ matched: 20, missed: 20 });
    expect(dark!.refused).toEqual({
      'too-dark': { count: 5, wouldMatch: 5 },
      'no-face': { count: 15, wouldMatch: 0 },
    });
    expect(covered!.advised).toEqual({ 'face-too-small': { count: 20, wouldMatch: 0 } });
    expect(dark!.missed).toMatchObject({ count: 15, of: 20 });
  });

  it('compares what passes with the references of others', () => {
    expect(untouched!.falseMatches[1]).toMatchObject({ count: 0, of: 20 * 19 });
    expect(dark!.falseMatches[1]).toMatchObject({ of: 0 });
  });

  it('leaves out pictures in which another person was found', () => {
    expect(another).toMatchObject({ probes: 15, leftOut: 5, people: 15 });
  });

  it('is shown as a table and drawn', () => {
    const report = { modelId: 'm', half: 'second', people: PEOPLE, gates: { recognition: rates } } as const;
    const { recognition } = degradedTables(report);
    expect(recognition!.rows[2]).toContain('no-face 15, too-dark 5 (5)');
    expect(degradedSvg(report)).toContain('>covered</text>');
  });
});

it('pairs the first picture of a person with the others, and leaves out who has one', () => {
  const of = (person: string, ...numbers: number[]) =>
    numbers.map((number) => ({ person, path: `${person}/${number}` }));
  const images = [...of('a', 1), ...of('b', 1, 2, 3), ...of('c', 1, 2), ...of('d', 1, 2)];
  expect(pair(images, { skip: 0, people: 2 })).toEqual({
    references: [...of('b', 1), ...of('c', 1)],
    probes: [...of('b', 2, 3), ...of('c', 2)],
  });
  expect(pair(images, { skip: 2, people: 2 }).references).toEqual(of('d', 1));
});
