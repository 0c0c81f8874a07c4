import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SpoilingTable } from '#contract';
import { APPEARANCE_LENGTH } from './appearance.ts';
import { PRINT_SIDE } from './print.ts';
import { judgeWith, loadDiscriminants, spoilingFeatures, type SpoilingEvidence } from './spoiling.ts';

const floats = (...values: number[]): string =>
  Buffer.from(Float32Array.from(values).buffer).toString('base64');

const TABLE: SpoilingTable = {
  modelId: 'model-1',
  dataSet: 'none',
  people: 1,
  method: 'by hand',
  kinds: [
    { name: 'masked', code: 'face-covered', template: floats(1, 0), measures: [0, 0, 0, 0], offset: 0.25 },
    { name: 'blurred', code: 'blurred', template: floats(0, 1), measures: [0, 1, 0, 0], offset: -0.5 },
  ],
};
const MEASURED = {
  embeddingNorm: 4,
  landmarkShift: 1,
  confidence: 0.99,
  detail: 0.5,
  contrast: 30,
  meanLuma: 120,
};
/** Of a face without features, whose template is that. */
const evidence = (...template: number[]): SpoilingEvidence => ({
  template: Float32Array.from(template),
  measurements: MEASURED,
  print: new Uint8Array(PRINT_SIDE ** 2).fill(90),
});

describe('a table of spoiled pictures', () => {
  const judge = judgeWith(TABLE);

  it('names the kind that a face is most like, and how much', () => {
    expect(judge(evidence(1, 0))).toEqual({ code: 'face-covered', likeness: 1.25 });
    expect(judge(evidence(0, 1))).toEqual({ code: 'blurred', likeness: 0.5 });
  });

  it('counts measurements beside the template', () => {
    const { code, likeness } = judge({
      ...evidence(0, 1),
      measurements: { ...MEASURED, landmarkShift: Math.E },
    });
    expect(code).toBe('blurred');
    expect(likeness).toBeCloseTo(1.5, 6);
  });

  it('counts the appearance, where the table does', () => {
    const appearance = floats(...Array.from({ length: APPEARANCE_LENGTH }, (_, i) => (i === 0 ? 1 : 0)));
    const judgeToo = judgeWith({ ...TABLE, kinds: [{ ...TABLE.kinds[0]!, appearance }] });
    const print = evidence().print.map((value, i) => (i % PRINT_SIDE < 28 ? value : 2 * value));
    // The first cell is as dark as half of the print: one standard deviation below the mean.
    expect(judgeToo({ ...evidence(1, 0), print }).likeness).toBeCloseTo(0.25, 6);
    expect(judge({ ...evidence(1, 0), print }).likeness).toBeCloseTo(1.25, 6);
  });

  it('counts the contrast of what is seen, however dim the light, where the table does', () => {
    const measures = [0, 0, 0, 0, 1];
    const judgeToo = judgeWith({ ...TABLE, kinds: [{ ...TABLE.kinds[0]!, measures }] });
    const seen = (contrast: number, meanLuma: number): number =>
      judgeToo({ ...evidence(1, 0), measurements: { ...MEASURED, contrast, meanLuma } }).likeness;
    expect(seen(30, 120)).toBeCloseTo(1.25 + Math.log(0.25), 6);
    expect(seen(7.5, 30)).toBeCloseTo(seen(30, 120), 6);
    expect(seen(6, 120)).toBeCloseTo(1.25 + Math.log(0.05), 6);
  });

  it('has finite features at the edges of every measurement', () => {
    const worst = {
      embeddingNorm: null,
      landmarkShift: 0,
      confidence: 1,
      detail: 0,
      contrast: 0,
      meanLuma: 0,
    };
    expect(spoilingFeatures(worst).every(Number.isFinite)).toBe(true);
  });
});

describe('loadDiscriminants', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lintel-spoiling-'));
    await writeFile(join(dir, 'model-1.spoiling.json'), JSON.stringify(TABLE));
    await writeFile(join(dir, 'model-2.spoiling.json'), JSON.stringify(TABLE));
    await writeFile(join(dir, 'model-3.spoiling.json'), JSON.stringify(TABLE).slice(0, 80));
  });
  afterAll(() => rm(dir, { recursive: true }));

  it('reads the table of its model, and none where there is none', async () => {
    expect((await loadDiscriminants(dir, 'model-1', 'spoiling'))?.(evidence(1, 0)).likeness).toBe(1.25);
    expect(await loadDiscriminants(dir, 'model-0', 'spoiling')).toBeNull();
  });

  it.each(['model-2', 'model-3'])('refuses one of another model or cut short: %s', async (modelId) => {
    await expect(loadDiscriminants(dir, modelId, 'spoiling')).rejects.toMatchObject({
      code: 'model-corrupt',
    });
  });
});
