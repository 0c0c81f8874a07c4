import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { openRecognition, type Recognition } from './engine.ts';
import { referencesFrom } from './people.ts';

let recognition: Recognition;
let photo: Buffer;

beforeAll(async () => {
  const modelsDir = fileURLToPath(new URL('../../models', import.meta.url));
  recognition = await openRecognition({ modelsDir, workers: 1 });
  photo = await portrait(sampleFace('Kim'));
});
afterAll(() => recognition.close());

const codesOf = async (image: Buffer, source: 'camera' | 'file') =>
  (await referencesFrom(recognition, [image], source)).rejected.map(({ code }) => code);

describe('references', () => {
  it('come from a good picture, whose quality is better than that of a blurred one', async () => {
    const blurred = await sharp(photo).blur(2).jpeg().toBuffer();
    const { references, rejected } = await referencesFrom(recognition, [photo, blurred], 'file');
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

  it('are of one person: a picture of somebody else among them is refused', async () => {
    const [again, stranger] = await Promise.all([
      sharp(photo).modulate({ brightness: 0.9 }).jpeg().toBuffer(),
      portrait(sampleFace('Sasha')),
    ]);
    const { references, rejected } = await referencesFrom(recognition, [photo, stranger, again], 'file');
    expect(references).toHaveLength(2);
    expect(rejected).toMatchObject([{ index: 1, code: 'different-person' }]);
  });

  it('are taken more leniently from files', async () => {
    const tilted = await sharp(photo).rotate(32, { background: '#777' }).jpeg().toBuffer();
    expect(await codesOf(tilted, 'file')).toEqual([]);
  });
});
