import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labelledTemplates } from '#core/gallery';
import { fitCalibration, MIN_PEOPLE, seeded } from '#core/matching';
import { fileKekProvider } from '#core/store';
import { randomTemplate } from '../../core/matching/testing/random-templates.ts';
import { openEngine, type Engine } from './engine.ts';
import { writeOwnCalibration } from './own-calibration.ts';

let folder: string;
let engine: Engine;

const open = (): Promise<Engine> =>
  openEngine({
    dataDir: join(folder, 'data'),
    modelsDir: fileURLToPath(new URL('../../models', import.meta.url)),
    kekProvider: fileKekProvider(join(folder, 'key')),
    workers: 1,
    actor: 'command-line',
  });

const dataSetInUse = (): Promise<string> =>
  engine.serve(async ({ calibration }) => calibration.table.dataSet);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lintel-calibration-'));
  engine = await open();
});
afterEach(async () => {
  await engine.close().catch(() => undefined);
  await rm(folder, { recursive: true });
});

describe('a calibration of the people enrolled here', () => {
  it('replaces the one of the model from the next start on, until it is taken back', async () => {
    const { modelId, dimension } = engine.setModel;
    const dataSet = await dataSetInUse();
    const random = seeded(1);
    await engine.serve(({ gallery }) => gallery.createCollection('c'));
    const templates = Array.from({ length: MIN_PEOPLE }, () => randomTemplate(dimension, random));
    for (const template of templates) {
      const reference = { modelId, template, quality: 1, source: 'file' } as const;
      await engine.serve(({ gallery }) => gallery.enrol('c', { references: [reference] }));
    }
    const subjects = await labelledTemplates(engine.store, 'c', modelId);
    const table = fitCalibration(subjects, { modelId, dataSet: 'here', seed: 1 });
    await writeOwnCalibration(engine.store, modelId, table);
    expect(await dataSetInUse()).toBe(dataSet);

    await engine.close();
    engine = await open();
    expect(await engine.serve(async ({ calibration }) => calibration.table)).toEqual(table);
    const [someone] = subjects;
    const found = await engine.serve(({ gallery }) =>
      gallery.identify('c', templates[0]!, { threshold: 90 }),
    );
    expect(found).toMatchObject({ match: true, faceId: someone!.person });

    await writeOwnCalibration(engine.store, modelId, null);
    await engine.close();
    engine = await open();
    expect(await dataSetInUse()).toBe(dataSet);
  });

  it('that is damaged is an error, not a guess', async () => {
    await engine.store.setSecret(`calibration.${engine.setModel.modelId}`, Buffer.from('{}'));
    await engine.close();
    await expect(open()).rejects.toMatchObject({ code: 'calibration-missing' });
  });
});
