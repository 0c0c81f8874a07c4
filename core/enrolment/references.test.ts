import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCalibration, type Calibration } from '#core/matching';
import { createRecognizer, type Recognizer } from '#core/recognition';
import { AT_REST } from '../../scripts/samples/animated-head.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { liveHead, toJpeg } from '../../scripts/samples/live-head.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { SECOND_MODEL, secondModel } from '../../test/support/second-model.ts';
import { ODD_JPEGS } from '../recognition/testing/images.ts';
import { referencesFrom } from './references.ts';
import type { ReferenceOptions } from './reference.ts';
import { ENROLMENT_RULES } from './rules.ts';

const rules = ENROLMENT_RULES.screen;
let recognizer: Recognizer;
let calibration: Calibration;
let photo: Buffer;

beforeAll(async () => {
  const modelsDir = fileURLToPath(new URL('../../models', import.meta.url));
  recognizer = await createRecognizer({ weightsDir: join(modelsDir, 'weights'), workers: 1 });
  calibration = await loadCalibration(modelsDir, recognizer.modelId);
  photo = await portrait(sampleFace('Kim'));
});
afterAll(() => recognizer.close());

const options = (part: Partial<ReferenceOptions> = {}) => ({ recognizer, calibration, ...part });

/** Kim, and Sasha beside them so much smaller. */
async function beside(size: number): Promise<Buffer> {
  const { width, height } = await sharp(photo).metadata();
  const other = await portrait(sampleFace('Sasha'));
  const input = await sharp(other)
    .resize({ width: Math.round(width * size), height: Math.round(height * size), fit: 'fill' })
    .toBuffer();
  return await sharp(photo)
    .extend({ right: width, background: '#777' })
    .composite([{ input, left: width, top: 0 }])
    .jpeg({ quality: 95 })
    .toBuffer();
}

const codesOf = async (image: Buffer, source: 'camera' | 'file') =>
  (await referencesFrom(options(), [image], rules[source])).rejected.map(({ code }) => code);

describe('references', () => {
  it('come from a good picture, whose quality is better than that of a blurred one', async () => {
    const blurred = await sharp(photo).blur(2).jpeg().toBuffer();
    const [sharpOne, other] = await Promise.all(
      [photo, blurred].map(async (each) => await referencesFrom(options(), [each], rules.file)),
    );
    expect([...sharpOne!.rejected, ...other!.rejected]).toEqual([]);
    expect(sharpOne!.references[0]!.quality).toBeGreaterThan(other!.references[0]!.quality);
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

  it('are of one person: a picture of another person among them is refused', async () => {
    const [robin, again, stranger] = await Promise.all([
      portrait(sampleFace('Robin', 0)),
      portrait(sampleFace('Robin', 1)),
      portrait(sampleFace('Sasha')),
    ]);
    const { references, rejected } = await referencesFrom(options(), [robin, stranger, again], rules.file);
    expect(references).toHaveLength(2);
    expect(rejected).toMatchObject([{ index: 1, code: 'different-person' }]);
  });

  it('differ: nearly the same picture once more is refused, and a slightly turned head is not', async () => {
    const head = await liveHead(recognizer, photo);
    const [front, again, turned] = await Promise.all(
      [{ yaw: 0 }, { yaw: 2, x: 3 }, { yaw: 13 }].map((state) =>
        toJpeg(head.frame({ ...AT_REST, ...state })),
      ),
    );
    const pictures = [front!, again!, turned!, front!];
    const { references, rejected } = await referencesFrom(
      options(),
      pictures,
      ENROLMENT_RULES.commandLine.camera,
    );
    expect(references).toHaveLength(2);
    expect(rejected).toMatchObject([
      { index: 1, code: 'picture-repeats' },
      { index: 3, code: 'picture-repeats' },
    ]);
    expect((await referencesFrom(options(), pictures, rules.camera)).rejected).toEqual(rejected);
    const like = async (value: number) =>
      (
        await referencesFrom(
          { ...options(), likeness: async () => value },
          [front!],
          ENROLMENT_RULES.commandLine.camera,
        )
      ).references.length;
    expect([await like(0.99), await like(0.8)]).toEqual([0, 1]);
  });

  it.each(['camera', 'file'] as const)(
    'of a picture of two people: refused when both are about as large, from the %s',
    async (source) => {
      const { rejected, references } = await referencesFrom(options(), [await beside(0.7)], rules[source]);
      expect(references).toEqual([]);
      expect(rejected).toMatchObject([
        { code: 'several-faces', faceCount: 2, message: expect.stringContaining('(2 faces)') },
      ]);
    },
  );

  it('of a picture of two people: of the larger one when the other is much smaller, which is told', async () => {
    const { references, rejected, withOthers } = await referencesFrom(
      options(),
      [await beside(0.45)],
      rules.file,
    );
    expect(rejected).toEqual([]);
    expect(references).toHaveLength(1);
    expect(withOthers).toEqual([{ index: 0, count: 1 }]);
  });

  it.each(['camera', 'file'] as const)(
    'never come from pictures that are spoiled, from the %s',
    async (source) => {
      const { width, height } = await sharp(photo).metadata();
      const cover = { create: { width, height: height / 2, channels: 3, background: '#555' } } as const;
      const face = (await recognizer.analyse(photo)).face!;
      const nose = Math.round(face.landmarks[30]!.y);
      const pictures = [
        ...[90, 180, 270].map((turn) => sharp(photo).rotate(turn)),
        sharp(photo).composite([{ input: cover, left: 0, top: Math.min(nose, height / 2) }]),
      ];
      const encoded = await Promise.all(pictures.map((picture) => picture.jpeg().toBuffer()));
      const { references, rejected } = await referencesFrom(options(), encoded, rules[source]);
      expect(references).toEqual([]);
      expect(rejected.map(({ code }) => code)).toEqual([
        'not-upright',
        'not-upright',
        'not-upright',
        'mouth-covered',
      ]);
    },
  );

  it.each(['camera', 'file'] as const)('come of every JPEG that can be read, from the %s', async (source) => {
    const odd = Object.values(ODD_JPEGS).map((change) => change(photo));
    const made = await Promise.all(
      odd.map((image) => referencesFrom(options({ keepImages: 'always' }), [image], rules[source])),
    );
    expect(made.flatMap(({ rejected }) => rejected)).toEqual([]);
    expect(made.every(({ references }) => references[0]?.image !== undefined)).toBe(true);
  });

  it('are taken more leniently from files', async () => {
    const tilted = await sharp(photo).rotate(32, { background: '#777' }).jpeg().toBuffer();
    expect(await codesOf(tilted, 'file')).toEqual([]);
  });
});

describe('what lets a later model recognise a reference', () => {
  const referenceOf = async (part: Partial<ReferenceOptions>) =>
    (await referencesFrom(options(part), [photo], rules.file)).references[0]!;

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
