import { appendFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelChoice } from '#contract';
import { loadCalibration, similarity } from '#core/matching';
import { createRecognizer } from '#core/recognition';
import { fileKekProvider, openStore, type SqlStore } from '#core/store';
import { openOwnRecognizer, writeOwnCalibration } from '../../main/appliance/index.ts';
import { embedderFor } from '../../main/networks/index.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { MODELS } from '../../scripts/setup/paths.ts';
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

const run = async (models: ModelChoice, command: string, ...words: string[]) =>
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

/** As an operator adds them: the files that set-up brings stand for ones of their own. */
describe('a network of the operator’s own', () => {
  const own = {
    mine: { set: 'default', file: 'fr_feature.onnx', spec: 'mobilefacenet' },
    other: { set: 'clean', file: 'dlib_resnet.onnx', spec: 'dlib' },
  } as const;
  const add = async (name: string, file: string, spec: string, licence = 'for tests') =>
    await lintel(installation, 'models', 'add', file, '--spec', spec, '--name', name, '--licence', licence);
  async function inStore<T>(work: (store: SqlStore) => Promise<T>): Promise<T> {
    const store = await openStore({
      dir: installation.data,
      kekProvider: fileKekProvider(installation.keyFile),
    });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  it.each(Object.entries(own))(
    'is taken in and fed as its family is: %s',
    async (name, { set, file, spec }) => {
      const added = await add(name, `${MODELS}weights/${file}`, spec);
      expect(added).toMatchObject({
        status: 0,
        answer: { name, licence: 'for tests', prepared: false, spec: { base: set } },
      });
      const photo = await portrait(sampleFace('Robin', 0));
      const options = { modelsDir: MODELS, workers: 1 };
      const recognizer = await inStore(async (store) =>
        openOwnRecognizer(options, await embedderFor(store, installation.data, name)),
      );
      const shipped = await createRecognizer({ weightsDir: `${MODELS}weights`, set, workers: 1 });
      try {
        const [mine, theirs] = await Promise.all([recognizer.analyse(photo), shipped.analyse(photo)]);
        expect(similarity(mine.face!.template, theirs.face!.template)).toBeGreaterThan(0.99999);
        expect(recognizer.modelId).toBe(added.answer['modelId']);
        expect(recognizer.modelId).not.toBe(shipped.modelId);
      } finally {
        await recognizer.close();
        await shipped.close();
      }
    },
  );

  it('decides nothing before it is calibrated, and then serves as after any change of network', async () => {
    const refused = await run('own:mine', 'identify', robin[0]);
    expect(refused).toMatchObject({ status: 2, answer: { error: { code: 'model-uncalibrated' } } });
    expect((await lintel(installation, 'verify', '--models', 'own:mine', ...robin)).answer).toMatchObject({
      error: { code: 'model-uncalibrated' },
    });
    // Too few people are enrolled here to measure it.
    const tooFew = await lintel(installation, 'calibrate', '--models', 'own:mine', '--collection', 'staff');
    expect(tooFew.answer).toMatchObject({ error: { code: 'calibration-too-few' } });

    const listed = await lintel(installation, 'models', 'list');
    const [{ modelId }] = listed.answer['own'] as [{ modelId: string }];
    const { table } = await loadCalibration(MODELS, 'fr_feature-87aacdfe5751');
    await inStore((store) => writeOwnCalibration(store, modelId, { ...table, modelId }));
    expect(await lintel(installation, 'models', 'migrate', '--models', 'own:mine')).toMatchObject({
      status: 0,
      answer: { changed: true, serving: modelId, reEnrol: 0 },
    });
    for (const models of ['own:mine', 'default'] as const) {
      expect(await run(models, 'identify', robin[0])).toMatchObject({
        answer: { match: true, externalKey: 'robin-clean' },
      });
    }
    expect((await lintel(installation, 'models', 'list')).answer).toMatchObject({
      serving: modelId,
      own: [
        { name: 'mine', isCalibrated: true, isWhole: true },
        { name: 'other', isCalibrated: false },
      ],
    });
  });

  it('is not removed while it serves, and its file is not exchanged', async () => {
    expect((await lintel(installation, 'models', 'remove', 'mine')).answer).toMatchObject({
      error: { code: 'model-in-use' },
    });
    const [, other] = (await lintel(installation, 'models', 'list')).answer['own'] as { sha256: string }[];
    const file = join(installation.data, 'networks', `${other!.sha256}.onnx`);
    await appendFile(file, 'x');
    expect((await lintel(installation, 'models', 'list')).answer['own']).toMatchObject([
      { isWhole: true },
      { isWhole: false },
    ]);
    const calibrated = await lintel(
      installation,
      'calibrate',
      '--models',
      'own:other',
      '--collection',
      'staff',
    );
    expect(calibrated.answer).toMatchObject({ error: { code: 'model-corrupt' } });
    expect(await lintel(installation, 'models', 'remove', 'other')).toMatchObject({ status: 0 });
    expect(await readdir(join(installation.data, 'networks'))).toHaveLength(1);
  });

  it.each([
    ['a file of another kind', 'package.json', 'arcface', 'model-unfit'],
    ['a network that is fed otherwise', 'models/weights/fr_feature.onnx', 'dlib', 'model-unfit'],
    ['a network with other answers', 'models/weights/fr_detect.onnx', 'arcface', 'model-unfit'],
    ['a description that is none', 'models/weights/fr_feature.onnx', 'package.json', 'usage'],
    ['nothing', 'models/weights/none.onnx', 'arcface', 'usage'],
  ])('is refused: %s', async (_, file, spec, code) => {
    const at = (path: string): string => join(MODELS, '..', path);
    const named = spec.endsWith('.json') ? at(spec) : spec;
    expect(await add('bad', at(file), named)).toMatchObject({ status: 2, answer: { error: { code } } });
  });

  it('has a licence and a name of its own', async () => {
    const file = `${MODELS}weights/fr_feature.onnx`;
    expect((await add('third', file, 'mobilefacenet', ' ')).answer).toMatchObject({
      error: { code: 'usage' },
    });
    expect((await add('mine', file, 'mobilefacenet')).answer).toMatchObject({
      error: { code: 'file-exists' },
    });
    expect((await run('own:none', 'identify', robin[0])).answer).toMatchObject({
      error: { code: 'model-unknown' },
    });
  });
});
