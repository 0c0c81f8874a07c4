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
    const enrolled = await run('clean', 'enroll', '--key', 'robin-clean', robin[1]);
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

  it('never compares with templates of another', async () => {
    // Even the same image has nothing to be compared with: that is a similarity of 0, not a low one.
    const unknown = await run('default', 'identify', robin[1]);
    expect(unknown).toMatchObject({ status: 0, answer: { match: false, similarity: 0, confidence: 0 } });

    expect(await run('default', 'enroll', '--key', 'robin-default', robin[1])).toMatchObject({ status: 0 });
    for (const models of ['default', 'clean'] as const) {
      expect(await run(models, 'identify', robin[1])).toMatchObject({
        answer: { match: true, externalKey: `robin-${models}`, similarity: 1 },
      });
    }
  });

  it('has to be one that there is', async () => {
    expect(await lintel(installation, 'detect', '--models', 'other', stranger)).toMatchObject({
      status: 2,
      answer: { error: { code: 'usage' } },
    });
  });
});
