import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BoundingBox } from '#contract';
import { overlap } from './detect.ts';
import { Pipeline } from './pipeline.ts';
import { RECOGNITION_GATE } from './quality-gate.ts';
import { problemOf, requireFace } from './require-face.ts';
import { portrait, sample, speckles, WEIGHTS_DIR, type Portrait } from './testing/images.ts';
import type { ImageAnalysis } from './analysis.ts';
import type { Template } from './types.ts';

let pipeline: Pipeline;
let group: ImageAnalysis;
beforeAll(async () => {
  pipeline = await Pipeline.load(WEIGHTS_DIR, 'default');
  group = await pipeline.analyse(await sample(3));
});

const similarity = (a: Template, b: Template): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const faceOf = async (bytes: Uint8Array) => {
  const { face } = await pipeline.analyse(bytes);
  if (!face) throw new Error('There should be a face.');
  return face;
};
const iou = (a: BoundingBox, b: BoundingBox): number => overlap(a, b);

/** The woman who is in both photographs, and another from the first. */
const PERSON: Record<'first' | 'second' | 'other', Portrait> = {
  first: [3, 900, 50, 560, 700],
  second: [1, 1290, 60, 560, 560],
  other: [3, 420, 150, 500, 600],
};

describe('a photograph of many people', () => {
  it('is answered as ever after warming up', async () => {
    await pipeline.warmUp();
    const { milliseconds: _, ...answer } = await pipeline.analyse(await sample(3));
    const { milliseconds: __, ...before } = group;
    expect(answer).toEqual(before);
  });

  it('yields the dominant face and the others in whole pixels', () => {
    expect([group.width, group.height]).toEqual([1920, 1350]);
    expect(group.others).toHaveLength(2);
    // Where the middle one of three women is.
    expect(iou(group.face!.boundingBox, { x: 1070, y: 208, width: 233, height: 294 })).toBeGreaterThan(0.8);
    for (const { boundingBox, confidence } of [group.face!, ...group.others]) {
      expect(Object.values(boundingBox).every(Number.isInteger)).toBe(true);
      expect(confidence).toBeGreaterThan(0.65);
      expect(confidence).toBeLessThanOrEqual(1);
    }
  });

  it('has 68 landmarks in the face, eyes above nose above mouth', () => {
    const { landmarks, boundingBox: box } = group.face!;
    expect(landmarks).toHaveLength(68);
    const [eye, nose, mouth] = [landmarks[36]!, landmarks[30]!, landmarks[57]!];
    expect(eye.y).toBeLessThan(nose.y);
    expect(nose.y).toBeLessThan(mouth.y);
    for (const p of [eye, nose, mouth]) {
      expect(p.x).toBeGreaterThan(box.x);
      expect(p.x).toBeLessThan(box.x + box.width);
    }
  });

  it('yields a template of unit length, the same each time', async () => {
    expect(similarity(group.face!.template, group.face!.template)).toBeCloseTo(1, 5);
    const again = await faceOf(await sample(3));
    expect(similarity(group.face!.template, again.template)).toBeCloseTo(1, 5);
  });
});

describe('templates', () => {
  it('of one person are alike, of two are not', async () => {
    const [first, second, other] = await Promise.all(
      [PERSON.first, PERSON.second, PERSON.other].map(async (part) => await faceOf(await portrait(...part))),
    );
    expect(similarity(first!.template, second!.template)).toBeGreaterThan(0.55);
    expect(similarity(first!.template, other!.template)).toBeLessThan(0.35);
  });

  it.each([0.5, 0.25, 3])('hardly change when the photograph is scaled by %f', async (scale) => {
    const bytes = await upright();
    const { width } = await sharp(bytes).metadata();
    const scaled = await sharp(bytes)
      .resize(Math.round(width * scale))
      .png()
      .toBuffer();
    const [a, b] = [await faceOf(bytes), await faceOf(scaled)];
    expect(similarity(a.template, b.template)).toBeGreaterThan(0.9);
    const back = Object.fromEntries(
      Object.entries(b.boundingBox).map(([k, v]) => [k, v / scale]),
    ) as BoundingBox;
    expect(iou(a.boundingBox, back)).toBeGreaterThan(0.85);
  });
});

const upright = async (): Promise<Buffer> => await portrait(...PERSON.first);

describe('orientation', () => {
  /** How an upright picture is stored so that EXIF orientation n shows it upright: turned clockwise, then mirrored. */
  const STORED: Record<number, { turn: number; mirror: boolean }> = {
    1: { turn: 0, mirror: false },
    2: { turn: 0, mirror: true },
    3: { turn: 180, mirror: false },
    4: { turn: 180, mirror: true },
    5: { turn: 90, mirror: true },
    6: { turn: 270, mirror: false },
    7: { turn: 270, mirror: true },
    8: { turn: 90, mirror: false },
  };

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i gives the same boxes in the upright image', async (orientation) => {
    const { turn, mirror } = STORED[orientation]!;
    const turned = await sharp(await upright())
      .rotate(turn)
      .png()
      .toBuffer();
    const stored = await sharp(turned).flop(mirror).png().toBuffer();
    const bytes = await sharp(stored).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
    const [expected, actual] = [await pipeline.analyse(await upright()), await pipeline.analyse(bytes)];
    expect([actual.width, actual.height]).toEqual([expected.width, expected.height]);
    expect(iou(actual.face!.boundingBox, expected.face!.boundingBox)).toBeGreaterThan(0.95);
    expect(similarity(actual.face!.template, expected.face!.template)).toBeGreaterThan(0.97);
  });

  it('is not guessed: a picture on its side without the tag has another box or none', async () => {
    const sideways = await sharp(await upright())
      .rotate(90)
      .png()
      .toBuffer();
    const [expected, actual] = [await pipeline.analyse(await upright()), await pipeline.analyse(sideways)];
    const same = actual.face ? iou(actual.face.boundingBox, expected.face!.boundingBox) : 0;
    expect(same).toBeLessThan(0.5);
  });

  it.each([90, 180, 270] as const)('is told when a picture was turned by %i degrees', async (degrees) => {
    const turned = await sharp(await upright())
      .rotate(degrees)
      .png()
      .toBuffer();
    const analysis = await pipeline.analyse(turned);
    expect(analysis.turn).toBe(360 - degrees);
    expect(problemOf(analysis, RECOGNITION_GATE)).toBe('not-upright');
    expect(() => requireFace(analysis, RECOGNITION_GATE)).toThrow(
      expect.objectContaining({ code: 'not-upright' }),
    );
  });

  it('is not doubted in upright pictures', async () => {
    for (const part of Object.values(PERSON)) {
      const analysis = await pipeline.analyse(await portrait(...part));
      expect(analysis.turn).toBe(0);
      expect(problemOf(analysis, RECOGNITION_GATE)).toBeNull();
    }
  });
});

describe('colour', () => {
  it.each<[string, (image: Sharp) => Sharp]>([
    ['grey', (image) => image.greyscale().jpeg({ quality: 95 })],
    ['CMYK', (image) => image.toColourspace('cmyk').jpeg({ quality: 95 })],
    ['16 bit', (image) => image.toColourspace('rgb16').png()],
    ['alpha', (image) => image.ensureAlpha().png()],
  ])('%s does not hide a face or change whose it is', async (_, convert) => {
    const bytes = await upright();
    const [a, b] = [await faceOf(bytes), await faceOf(await convert(sharp(bytes)).toBuffer())];
    expect(similarity(a.template, b.template)).toBeGreaterThan(0.8);
  });
});

describe('a picture without a face', () => {
  it.each([
    [640, 480],
    [1, 1],
    [3000, 1],
    [1, 3000],
  ])('of %ix%i has none', async (width, height) => {
    const bytes = await speckles(width, height, { sigma: 30 }).png().toBuffer();
    expect(await pipeline.analyse(bytes)).toMatchObject({ width, height, face: null, others: [], turn: 0 });
  });
});
