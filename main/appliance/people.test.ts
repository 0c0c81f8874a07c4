import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRecognizer, type Recognizer } from '#core/recognition';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { referencesFrom } from './people.ts';

let recognizer: Recognizer;
let photo: Buffer;

beforeAll(async () => {
  const weightsDir = fileURLToPath(new URL('../../models/weights', import.meta.url));
  recognizer = await createRecognizer({ weightsDir, workers: 1 });
  photo = await portrait(sampleFace('Kim'));
});
afterAll(() => recognizer.close());

const codesOf = async (image: Buffer, source: 'camera' | 'file') =>
  (await referencesFrom(recognizer, [image], source)).rejected.map(({ code }) => code);

describe('references', () => {
  it('come from a good picture, whose quality is better than that of a blurred one', async () => {
    const blurred = await sharp(photo).blur(2).jpeg().toBuffer();
    const { references, rejected } = await referencesFrom(recognizer, [photo, blurred], 'file');
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
