import { describe, expect, it } from 'vitest';
import { createCalibration, exactProportion } from '#core/matching';
import { GOOD_FACE } from '../../../core/recognition/testing/measurements.ts';
import type { SpoiledPicture } from './gather.ts';
import { canShow, isBroken, ratesByKind } from './rates.ts';
import { spoiledSvg, spoiledTables } from './report.ts';

const CALIBRATION = createCalibration({
  modelId: 'm',
  dataSet: 'none',
  people: 100,
  comparisons: 1000,
  leastRate: { byComparisons: 1e-3, byPairsOfPeople: 1e-3 },
  method: 'by hand',
  points: [1e-1, 1e-3, 1e-4, 1e-5, 1e-6].map((falseMatchRate, i) => ({
    falseMatchRate,
    similarity: 0.1 + 0.2 * i,
    interval: [0, 1],
    extrapolated: false,
  })),
});

const PEOPLE = 60;
/** Two pictures of each person: untouched ones unlike those of others, masked ones all alike, some refused. */
const pictures = Array.from({ length: PEOPLE }, (_, i) =>
  [1, 2].flatMap((number) =>
    ['untouched', 'masked'].map((kind): SpoiledPicture => {
      const template = new Float32Array(PEOPLE + 1);
      template[kind === 'masked' ? PEOPLE : i] = 1;
      const measurements = kind === 'masked' && i >= 2 ? { ...GOOD_FACE, landmarkShift: 9 } : GOOD_FACE;
      const found = { template, measurements, print: new Uint8Array() };
      return { person: `${i}`, path: `${i}/${number}`, kind, turn: 0, luma: 110, isOfAnother: false, found };
    }),
  ),
).flat();

describe('ratesByKind', () => {
  const [untouched, masked] = ratesByKind(pictures, CALIBRATION);

  it('counts false matches where both pictures are spoiled, each two pictures once', () => {
    expect(untouched!.before.bothSpoiled[1]).toMatchObject({ count: 0 });
    expect(masked!.before.bothSpoiled[1]).toMatchObject({
      count: (PEOPLE * (PEOPLE - 1) * 4) / 2,
      rate: 1,
    });
  });

  it('counts what the gate refuses, and matches of the rest only', () => {
    expect(masked!.after.refused.rate).toBeCloseTo(58 / 60, 9);
    expect(masked!.after.bothSpoiled[1]).toMatchObject({ count: 4, of: 4 });
    expect(masked!.after.oneSpoiled[1]).toMatchObject({ count: 0, of: 4 * 2 * (PEOPLE - 1) });
  });

  it('leaves out pictures in which another person was found', () => {
    const some = pictures.map((picture) =>
      picture.kind === 'masked' && Number(picture.person) < 2 ? { ...picture, isOfAnother: true } : picture,
    );
    const [, without] = ratesByKind(some, CALIBRATION);
    expect(without).toMatchObject({ pictures: 2 * (PEOPLE - 2), leftOut: 4 });
    expect(without!.after.bothSpoiled[1]).toMatchObject({ count: 0, of: 0 });
    expect(without!.after.refused.rate).toBe(1);
  });

  it('calls a promise broken from three times on, as far as the counts show', () => {
    expect(isBroken(exactProportion(2, 6092), 1e-5)).toBe(true);
    expect(isBroken(exactProportion(1, 6092), 1e-5)).toBe(false);
    expect([canShow(12_300, 1e-4), canShow(12_200, 1e-4), canShow(0, 1e-4)]).toEqual([true, false, false]);
  });

  it('counts misses of one person by the other picture', () => {
    expect(untouched!.after.missed.both).toMatchObject({ count: 0, of: PEOPLE });
    expect(masked!.before.missed.probe).toMatchObject({ count: PEOPLE, of: PEOPLE });
    expect(masked!.after.missed.probe).toMatchObject({ count: 2, of: 2 });
  });

  it('is shown as tables, which name the kinds that break a promise, and drawn', () => {
    const report = { modelId: 'm', people: PEOPLE, images: 2 * PEOPLE, kinds: [untouched!, masked!] };
    const { verdict } = spoiledTables(report);
    expect(verdict!.rows[0]).toEqual(['before', 'masked']);
    expect(spoiledSvg(report)).toContain('>masked</text>');
  });
});
