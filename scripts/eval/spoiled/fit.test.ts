import { describe, expect, it } from 'vitest';
import { seeded } from '#core/matching';
import { judgeWith, PRINT_SIDE } from '#core/recognition';
import { GOOD_FACE } from '../../../core/recognition/testing/measurements.ts';
import { FIT_RULES, fitSpoiling, fittedKinds, type FitRules } from './fit.ts';
import type { SpoiledPicture } from './gather.ts';
import { UNTOUCHED } from './kinds.ts';
import { cholesky, solve } from './linear.ts';

const DIMENSION = 16;
/** Of no particular person, and the same with the lower half covered. */
const noise = seeded(9);
const PRINTS = Array.from({ length: 20 }, () =>
  Uint8Array.from({ length: PRINT_SIDE ** 2 }, () => 100 + 50 * noise()),
);
const COVERED = PRINTS.map((print) => print.map((value, i) => (i < print.length / 2 ? value : 10)));

/** People at random, whose spoiled templates lean towards one direction for each kind; masks show in the appearance only. */
function madeUp(seed: number, people: number, rules = FIT_RULES.default): SpoiledPicture[] {
  const random = seeded(seed);
  const kinds = fittedKinds(rules).map(([name]) => name);
  return Array.from({ length: people }, (_, i) => {
    const person = Array.from({ length: DIMENSION }, () => random() - 0.5);
    return kinds.map((kind, k): SpoiledPicture => {
      const values = person.map(
        (value, j) =>
          value + 0.2 * (random() - 0.5) + (k > 0 && kind !== 'masked' && j === k % DIMENSION ? 2.5 : 0),
      );
      const length = Math.hypot(...values);
      return {
        person: `${i}`,
        path: `${i}/${kind}`,
        kind,
        turn: 0,
        luma: 110,
        isOfAnother: false,
        found: {
          template: Float32Array.from(values, (value) => value / length),
          measurements: { ...GOOD_FACE, landmarkShift: 1 + 0.2 * random(), embeddingNorm: 3.8 + random() },
          print: (kind === 'masked' ? COVERED : PRINTS)[i % PRINTS.length]!,
        },
      };
    });
  }).flat();
}

describe('fitSpoiling', () => {
  const judge = judgeWith(
    fitSpoiling(madeUp(1, 150), fittedKinds(FIT_RULES.default), FIT_RULES.default, {
      modelId: 'm',
      dataSet: 'made up',
    }),
  );
  const shareAbove = (kind: (name: string) => boolean): number => {
    const own = madeUp(2, 150).filter((picture) => kind(picture.kind));
    return own.filter(({ found }) => judge(found!).likeness > 1).length / own.length;
  };

  it('tells spoiled pictures of people it has not seen', () => {
    expect(shareAbove((kind) => kind !== UNTOUCHED)).toBeGreaterThan(0.95);
  });

  it('tells what shows in the appearance alone', () => {
    expect(shareAbove((kind) => kind === 'masked')).toBeGreaterThan(0.95);
  });

  it('refuses few untouched ones', () => {
    expect(shareAbove((kind) => kind === UNTOUCHED)).toBeLessThan(0.03);
  });

  it('tells the kinds besides that the networks of a set need', () => {
    const pictures = madeUp(1, 60, FIT_RULES.clean);
    const named = (rules: FitRules): string[] =>
      fitSpoiling(pictures, fittedKinds(rules), rules, { modelId: 'm', dataSet: 'made up' }).kinds.map(
        ({ name }) => name,
      );
    const usual = named(FIT_RULES.default);
    expect(named(FIT_RULES.clean).filter((name) => !usual.includes(name))).toEqual([
      '24-pixel face, enlarged',
      'dark',
    ]);
  });

  it('names the code of the kind', () => {
    const barred = madeUp(3, 1).find(({ kind }) => kind === 'eyes barred')!.found!;
    expect(judge(barred).code).toBe('face-covered');
  });
});

describe('solve', () => {
  it('gives x with A x = b', () => {
    const a = Float64Array.of(4, 0, 0, 2, 5, 0, 1, 3, 6);
    const x = solve(cholesky(a, 3), 3, Float64Array.of(7, 10, 10));
    expect([...x].map((value) => Number(value.toFixed(9)))).toEqual([1, 1, 1]);
  });

  it('refuses what is not positive definite', () => {
    expect(() => cholesky(Float64Array.of(1, 0, 2, 1), 2)).toThrow(RangeError);
  });
});
