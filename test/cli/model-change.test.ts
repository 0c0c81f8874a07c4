import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENROLMENT_RULES, referencesFrom } from '#core/enrolment';
import { Gallery } from '#core/gallery';
import { fileKekProvider, openStore } from '#core/store';
import { openRecognition } from '../../main/appliance/index.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { lintel, mustRun, newInstallation, type Installation } from '../support/appliance.ts';
import { SECOND_MODEL, secondModel } from '../support/second-model.ts';

const modelsDir = fileURLToPath(new URL('../../models', import.meta.url));
let installation: Installation;
let robin: string;
let kim: string;

/** A store that another model serves: Robin with the image, Kim without. */
beforeAll(async () => {
  installation = await newInstallation();
  await mkdir(installation.data, { recursive: true });
  [robin, kim] = [join(installation.data, '../robin.jpg'), join(installation.data, '../kim.jpg')];
  const recognition = await openRecognition({ modelsDir, workers: 1 });
  const recognizer = secondModel(recognition.recognizer);
  const { modelId, dimension } = recognizer;
  const store = await openStore({
    dir: installation.data,
    kekProvider: fileKekProvider(installation.keyFile),
  });
  const gallery = await Gallery.open({ store, modelId, dimension, calibration: recognition.calibration });
  await gallery.createCollection('staff');
  for (const [name, path, keepImages] of [
    ['Robin', robin, 'always'],
    ['Kim', kim, 'never'],
  ] as const) {
    const photo = await portrait(sampleFace(name));
    await writeFile(path, photo);
    const options = { ...recognition, recognizer, setModel: recognizer, keepImages };
    const { references } = await referencesFrom(options, [photo], ENROLMENT_RULES.screen.file);
    await gallery.enrol('staff', { references, externalKey: name });
  }
  await store.close();
  await recognition.close();
});
afterAll(() => installation.remove());

describe('lintel models', () => {
  it('names the model that is missing to recognise anybody', async () => {
    const { status, answer } = await lintel(installation, 'identify', '--collection', 'staff', robin);
    expect({ status, answer }).toMatchObject({ status: 1, answer: { error: { code: 'model-missing' } } });
    expect(JSON.stringify(answer)).toContain(SECOND_MODEL);
  });

  it('says what a change will bring', async () => {
    const { status, answer } = await lintel(installation, 'models', 'status');
    expect({ status, answer }).toMatchObject({
      status: 0,
      answer: {
        serving: SECOND_MODEL,
        references: 2,
        images: 1,
        pending: 1,
        embedded: 0,
        faces: 2,
        reEnrol: 1,
      },
    });
  });

  it('changes the model, once', async () => {
    const first = await lintel(installation, 'models', 'migrate');
    const { set } = (await lintel(installation, 'models', 'status')).answer;
    expect(first).toMatchObject({
      status: 0,
      answer: { changed: true, serving: set, embedded: 1, pending: 0, reEnrol: 1 },
    });
    const again = await lintel(installation, 'models', 'migrate');
    expect(again).toMatchObject({ status: 0, answer: { changed: false, serving: set } });
  });

  it('marks people who must be enrolled again in the list of faces, and recognises the others', async () => {
    const { answer } = await lintel(installation, 'faces', '--collection', 'staff');
    expect(answer).toMatchObject({
      faces: [
        { externalKey: 'Robin', reEnrol: false },
        { externalKey: 'Kim', reEnrol: true },
      ],
    });
    const identify = (image: string) => lintel(installation, 'identify', '--collection', 'staff', image);
    expect((await identify(robin)).answer).toMatchObject({ match: true, externalKey: 'Robin' });
    expect((await identify(kim)).answer).toMatchObject({ match: false });
  });

  it('keeps images as the settings say', async () => {
    const file = join(installation.data, 'settings.json');
    for (const [keepImages, images] of [
      ['never', 1],
      ['always', 2],
    ] as const) {
      await writeFile(file, JSON.stringify({ keepImages }));
      await mustRun(installation, 'enrol', '--collection', 'staff', kim);
      expect((await lintel(installation, 'models', 'status')).answer).toMatchObject({ images });
    }
  });
});
