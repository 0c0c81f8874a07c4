import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelSetName } from '#contract';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { lintel, newInstallation, type Installation } from '../support/appliance.ts';

let installation: Installation;
let robin: [string, string];
let stranger: string;

beforeAll(async () => {
  installation = await newInstallation();
  const place = async (name: string, photo: Buffer): Promise<string> => {
    const file = join(installation.data, '..', name);
    await writeFile(file, photo);
    return file;
  };
  robin = [
    await place('robin-0.jpg', await portrait(sampleFace('Robin', 0))),
    await place('robin-1.jpg', await portrait(sampleFace('Robin', 1))),
  ];
  stranger = await place('stranger.jpg', await portrait(sampleFace('Sasha')));
});
afterAll(() => installation.remove());

const run = async (models: ModelSetName, command: string, ...words: string[]) =>
  await lintel(installation, command, '--models', models, '--collection', 'staff', ...words);

describe('a set of networks', () => {
  it('named on the command line enrols and identifies', async () => {
    const enrolled = await run('clean', 'enrol', '--key', 'robin-clean', robin[1]);
    expect(enrolled).toMatchObject({ status: 0, answer: { referenceCount: 1, rejected: [] } });
    const found = await run('clean', 'identify', robin[0]);
    expect(found).toMatchObject({ status: 0, answer: { match: true, externalKey: 'robin-clean' } });
    const nobody = await run('clean', 'identify', stranger);
    expect(nobody).toMatchObject({ status: 0, answer: { match: false, hasFace: true } });
    expect(nobody.answer['similarity']).not.toBe(0);
  });

  it('verifies with its own calibration', async () => {
    const verify = async (...images: [string, string]) =>
      await lintel(installation, 'verify', '--models', 'clean', ...images);
    expect(await verify(...robin)).toMatchObject({ status: 0, answer: { match: true } });
    expect(await verify(robin[0], stranger)).toMatchObject({ status: 0, answer: { match: false } });
  });

  it('named later changes nothing by itself: probes go to the one that serves', async () => {
    const status = await lintel(installation, 'models', 'status', '--models', 'default');
    expect(status).toMatchObject({ status: 0, answer: { images: 1, pending: 1, reEnrol: 0 } });
    expect(status.answer['serving']).not.toBe(status.answer['set']);
    expect(await run('default', 'enrol', '--key', 'sasha', stranger)).toMatchObject({ status: 0 });
    for (const [image, externalKey] of [
      [robin[1], 'robin-clean'],
      [stranger, 'sasha'],
    ] as const) {
      expect(await run('default', 'identify', image)).toMatchObject({
        answer: { match: true, externalKey, similarity: 1 },
      });
    }
  });

  it('takes the place of another from the images that were kept', async () => {
    expect(await lintel(installation, 'models', 'migrate', '--models', 'default')).toMatchObject({
      status: 0,
      answer: { changed: true, embedded: 2, pending: 0, reEnrol: 0 },
    });
    for (const models of ['default', 'clean'] as const) {
      expect(await run(models, 'identify', robin[0])).toMatchObject({
        answer: { match: true, externalKey: 'robin-clean' },
      });
      const { answer } = await lintel(installation, 'models', 'status', '--models', models);
      expect(answer['serving']).toMatch(/^fr_feature-/);
    }
  });

  it('has to be one that there is', async () => {
    expect(await lintel(installation, 'detect', '--models', 'other', stranger)).toMatchObject({
      status: 2,
      answer: { error: { code: 'usage' } },
    });
  });
});
