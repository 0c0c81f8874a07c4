import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRecognizer, type Recognizer } from '#core/recognition';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { SECOND_MODEL, secondModel } from '../../test/support/second-model.ts';
import { referencesFrom, type ReferenceOptions } from './people.ts';

let recognizer: Recognizer;
let photo: Buffer;

beforeAll(async () => {
  const weightsDir = fileURLToPath(new URL('../../models/weights', import.meta.url));
  recognizer = await createRecognizer({ weightsDir, workers: 1 });
  photo = await portrait(sampleFace('Kim'));
});
afterAll(() => recognizer.close());

const options = (part: Partial<ReferenceOptions> = {}): ReferenceOptions => ({
  recognizer,
  setModel: recognizer,
  keepImages: 'never',
  ...part,
});

const codesOf = async (image: Buffer, source: 'camera' | 'file') =>
  (await referencesFrom(options(), [image], source)).rejected.map(({ code }) => code);

describe('references', () => {
  it('come from a good picture, whose quality is better than that of a blurred one', async () => {
    const blurred = await sharp(photo).blur(2).jpeg().toBuffer();
    const { references, rejected } = await referencesFrom(options(), [photo, blurred], 'file');
    expect(rejected).toEqual([]);
    expect(references[0]!.quality).toBeGreaterThan(references[1]!.quality);
  });

  it.each([
    ['too-dark', () => sharp(photo).linear(0.22, 0)],
    ['blurred', () => sharp(photo).blur(9)],
    ['face-too-small', () => sharp(photo).resize({ width: 90 })],
    ['head-tilted', () => sharp(photo).rotate(32, { background: '#777' })],
  ])('are refused at the camera: %s', async (code, make) => {
    expect(await codesOf(photo, 'camera')).toEqual([]);
    expect(await codesOf(await make().jpeg({ quality: 95 }).toBuffer(), 'camera')).toEqual([code]);
  });

  it('are taken more leniently from files', async () => {
    const tilted = await sharp(photo).rotate(32, { background: '#777' }).jpeg().toBuffer();
    expect(await codesOf(tilted, 'file')).toEqual([]);
  });
});

describe('what lets a later model recognise a reference', () => {
  const referenceOf = async (part: Partial<ReferenceOptions>) =>
    (await referencesFrom(options(part), [photo], 'file')).references[0]!;

  it('is its image where the policy keeps images', async () => {
    const { image, additional } = await referenceOf({ keepImages: 'always' });
    expect((await recognizer.analyse(image!)).face).not.toBeNull();
    expect(additional).toBeUndefined();
    expect(await referenceOf({ keepImages: 'never' })).not.toHaveProperty('image');
  });

  it('is a template of the model on its way in where it does not', async () => {
    const setModel = secondModel(recognizer);
    const { modelId, template, image, additional } = await referenceOf({ setModel });
    expect({ modelId, image }).toEqual({ modelId: recognizer.modelId, image: undefined });
    expect(additional).toEqual([{ modelId: SECOND_MODEL, template: template.toReversed() }]);
    expect(await referenceOf({ setModel, keepImages: 'always' })).not.toHaveProperty('additional');
  });
});
