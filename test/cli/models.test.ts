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

  it('goes on serving its store when another is set, until every image was seen by that one', async () => {
    // Templates of two sets are never compared: the set that serves is the one asked.
    const before = await run('default', 'identify', robin[0]);
    expect(before).toMatchObject({ status: 0, answer: { match: true, externalKey: 'robin-clean' } });
    const models = async (...words: string[]) =>
      (await lintel(installation, 'models', ...words, '--models', 'default')).answer;
    expect(await models('status')).toMatchObject({
      serving: expect.stringMatching(/^dlib_resnet-/),
      set: expect.stringMatching(/^fr_feature-/),
    });
    expect(await models('migrate')).toMatchObject({ changed: true, embedded: 1, reEnrol: 0 });
    expect(await models('status')).toMatchObject({ serving: expect.stringMatching(/^fr_feature-/) });
    const after = await run('default', 'identify', robin[0]);
    expect(after).toMatchObject({ status: 0, answer: { match: true, externalKey: 'robin-clean' } });
    expect(after.answer['similarity']).not.toBe(before.answer['similarity']);
  });

  it('has to be one that there is', async () => {
    expect(await lintel(installation, 'detect', '--models', 'other', stranger)).toMatchObject({
      status: 2,
      answer: { error: { code: 'usage' } },
    });
  });
});
