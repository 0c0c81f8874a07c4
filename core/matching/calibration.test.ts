import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCalibration, loadCalibration } from './calibration.ts';
import { madeUpTable } from './testing/made-up-table.ts';

const table = madeUpTable(
  [
    [1e-1, 0.15],
    [1e-2, 0.25],
    [1e-3, 0.34],
    [1e-4, 0.42],
    [1e-5, 0.48],
    [1e-6, 0.54],
  ],
  'model-0123',
);
const calibration = createCalibration(table);

describe('confidence', () => {
  it.each([
    [0.34, 70],
    [0.42, 80],
    [0.48, 90],
    [0.54, 95],
  ])('keeps the promise of the documented rates: similarity %f is %f', (similarity, confidence) => {
    expect(calibration.confidence(similarity)).toBeCloseTo(confidence, 9);
  });

  it('is linear in the logarithm of the rate between the points', () => {
    expect(calibration.confidence(0.38)).toBeCloseTo(75, 9);
    expect(calibration.confidence(0.45)).toBeCloseTo(85, 9);
    expect(calibration.confidence(0.25)).toBeCloseTo((70 * 2) / 3, 9);
  });

  it('stays within 0 and 100 and never falls', () => {
    const values = Array.from({ length: 2001 }, (_, i) => calibration.confidence(i / 1000 - 1));
    expect(values[0]).toBe(0);
    expect(values.at(-1)).toBe(100);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  });

  it('still tells 0.7 from 0.8', () => {
    expect(calibration.confidence(0.8)).toBeGreaterThan(calibration.confidence(0.7));
  });
});

describe('similarity', () => {
  it.each([1, 35, 70, 77.7, 80, 90, 93, 95, 99])('is the way back from confidence %f', (confidence) => {
    expect(calibration.confidence(calibration.similarity(confidence))).toBeCloseTo(confidence, 9);
  });

  it('at a rate is the table at its points and on the line between them', () => {
    expect(calibration.similarityAtRate(1e-4)).toBeCloseTo(0.42, 12);
    expect(calibration.similarityAtRate(10 ** -4.5)).toBeCloseTo(0.45, 12);
    expect(calibration.similarityAtRate(1e-30)).toBe(1);
  });
});

describe('loadCalibration', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lintel-calibration-'));
    const falling = { ...table, points: table.points.toReversed() };
    await writeFile(join(dir, 'model-0123.calibration.json'), JSON.stringify(table));
    await writeFile(join(dir, 'falling.calibration.json'), JSON.stringify(falling));
    await writeFile(join(dir, 'other.calibration.json'), JSON.stringify(table));
    await writeFile(join(dir, 'cut.calibration.json'), JSON.stringify(table).slice(0, 50));
  });
  afterAll(async () => await rm(dir, { recursive: true }));

  it('finds the table of a model', async () => {
    expect((await loadCalibration(dir, 'model-0123')).table).toEqual(table);
  });

  it.each(['absent', 'falling', 'cut', 'other'])('refuses a table that is %s', async (modelId) => {
    await expect(loadCalibration(dir, modelId)).rejects.toMatchObject({
      code: 'calibration-missing',
      message: expect.stringContaining(`${modelId}.calibration.json`),
    });
  });

  it('has one for the embedding network that ships', async () => {
    const models = fileURLToPath(new URL('../../models', import.meta.url));
    const shipped = await loadCalibration(models, 'fr_feature-87aacdfe5751');
    expect(shipped.table.comparisons).toBeGreaterThan(1e7);
    expect(shipped.similarity(90)).toBeGreaterThan(0.4);
  });
});
