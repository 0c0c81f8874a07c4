import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { similarity } from '#core/matching';
import { cutOutFace } from './face-image.ts';
import { createRecognizer } from './recognizer.ts';
import { ODD_JPEGS, portrait, sample, WEIGHTS_DIR, type Portrait } from './testing/images.ts';
import type { AnalysedFace, ImageAnalysis, Recognizer } from './analysis.ts';

let recognizer: Recognizer;
beforeAll(async () => {
  recognizer = await createRecognizer({ weightsDir: WEIGHTS_DIR, workers: 1 });
});
afterAll(async () => await recognizer.close());

async function analysed(image: Uint8Array): Promise<ImageAnalysis & { face: AnalysedFace }> {
  const analysis = await recognizer.analyse(image);
  return { ...analysis, face: analysis.face! };
}

async function kept(image: Uint8Array): Promise<{ part: Uint8Array; likeness: number }> {
  const analysis = await analysed(image);
  const part = (await cutOutFace(recognizer, image, analysis.face))!;
  const again = await analysed(part);
  return { part, likeness: similarity(again.face.template, analysis.face.template) };
}

const PORTRAITS: readonly Portrait[] = [
  [3, 900, 50, 560, 700],
  [1, 1290, 60, 560, 560],
  [3, 420, 150, 500, 600],
];

describe('what is kept of an image', () => {
  it.each(PORTRAITS)('gives the template of the portrait again: photograph %i', async (...where) => {
    expect((await kept(await portrait(...where))).likeness).toBeGreaterThan(0.98);
  });

  it.each([1, 2, 3, 4, 5, 6])('is the dominant face of photograph %i, not its neighbours', async (number) => {
    expect((await kept(await sample(number))).likeness).toBeGreaterThan(0.97);
  });

  it('is a small JPEG without metadata, upright whatever the camera said', async () => {
    const turned = await sharp(await portrait(...PORTRAITS[0]!))
      .rotate(90)
      .jpeg({ quality: 100 })
      .withExif({ IFD0: { Artist: 'somebody' } })
      .withMetadata({ orientation: 8 })
      .toBuffer();
    const { part, likeness } = await kept(turned);
    const { format, width, height, exif, orientation } = await sharp(part).metadata();
    expect({ format, exif, orientation }).toEqual({
      format: 'jpeg',
      exif: undefined,
      orientation: undefined,
    });
    expect(Math.max(width, height)).toBeLessThanOrEqual(512);
    expect(part.byteLength).toBeLessThan(200_000);
    expect(likeness).toBeGreaterThan(0.98);
  });

  it.each(Object.entries(ODD_JPEGS))('comes of whatever can be analysed, such as %s', async (_, change) => {
    const jpeg = await sharp(await portrait(...PORTRAITS[0]!))
      .jpeg({ quality: 95 })
      .toBuffer();
    expect((await kept(change(jpeg))).likeness).toBeGreaterThan(0.98);
  });

  it('is nothing when no part of the image gives the template', async () => {
    const image = await portrait(...PORTRAITS[0]!);
    const analysis = await analysed(image);
    const stranger = (await analysed(await portrait(...PORTRAITS[2]!))).face.template;
    expect(await cutOutFace(recognizer, image, { ...analysis.face, template: stranger })).toBeNull();
  });
});
