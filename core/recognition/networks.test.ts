import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { ModelSetName, TEMPLATE_LENGTHS } from '#contract';
import { alignFace } from './align.ts';
import { decodeImage } from './decode.ts';
import { byDominance, overlap } from './detect.ts';
import { toTemplate } from './embedding.ts';
import { Network } from './network.ts';
import { Raster } from './raster.ts';
import { modelIdOf } from './recognizer.ts';
import { Pipeline } from './pipeline.ts';
import { RECOGNITION_GATE } from './quality-gate.ts';
import { problemOf } from './require-face.ts';
import { NETWORK_SETS } from './sets.ts';
import { portrait, sample, WEIGHTS_DIR, type Portrait } from './testing/images.ts';
import type { Template } from './types.ts';
import type { NetworkFile } from './weights.ts';

const load = async (file: NetworkFile): Promise<Network> => await Network.load(WEIGHTS_DIR, file);

/** Where the faces of the three women of the group are, by eye. */
const FACES = [
  { x: 1070, y: 235, width: 240, height: 275 },
  { x: 595, y: 375, width: 195, height: 225 },
  { x: 1465, y: 335, width: 200, height: 230 },
];

/** Centres of the eyes, nose tip and corners of the mouth of the one in the middle, by eye; the eyes are 94 pixels apart. */
const MIDDLE = { left: [1121, 322], right: [1213, 342], nose: [1139, 386], mouth: [1150, 435] } as const;
const TOLERANCE = 15;

const similarity = (a: Template, b: Template): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

describe.each(ModelSetName.options)('the networks of the set "%s"', async (name) => {
  const { detector, landmarker, embedder } = NETWORK_SETS[name];
  const [detecting, locating, embedding] = [
    await load(detector),
    await load(landmarker),
    await load(embedder),
  ];
  const group = new Raster(await decodeImage(await sample(3)));

  it('find each face of a group once', async () => {
    const found = await detector.detect(detecting, group);
    expect(found).toHaveLength(FACES.length);
    expect(found.map(({ score }) => score)).toEqual(
      found.map(({ score }) => score).toSorted((a, b) => b - a),
    );
    for (const face of FACES) {
      expect(Math.max(...found.map((other) => overlap(face, other)))).toBeGreaterThan(0.6);
    }
  });

  it('find the landmarks of a face', async () => {
    const [face] = byDominance(await detector.detect(detecting, group), group.width, group.height);
    const landmarks = await landmarker.locate(locating, group, face!);
    expect(landmarks).toHaveLength(68);
    const at = (first: number, end: number): [number, number] => {
      const points = landmarks.slice(first, end);
      const mean = (axis: 'x' | 'y'): number => points.reduce((sum, p) => sum + p[axis], 0) / points.length;
      return [mean('x'), mean('y')];
    };
    const found = { left: at(36, 42), right: at(42, 48), nose: at(30, 31), mouth: at(48, 60) };
    for (const part of ['left', 'right', 'nose', 'mouth'] as const) {
      const [[x, y], [u, v]] = [MIDDLE[part], found[part]];
      expect(Math.hypot(x - u, y - v), `${part} at ${u},${v}`).toBeLessThan(TOLERANCE);
    }
  });

  it('make templates that are more alike for one person than for two', async () => {
    const templateOf = async (part: Portrait): Promise<Template> => {
      const image = new Raster(await decodeImage(await portrait(...part)));
      const [face] = byDominance(await detector.detect(detecting, image), image.width, image.height);
      const landmarks = await landmarker.locate(locating, image, face!);
      const aligned = alignFace(image, landmarks, embedder.alignment);
      return toTemplate(await embedder.embed(embedding, aligned), embedder.dimension).template;
    };
    const first = await templateOf([3, 900, 50, 560, 700]);
    const second = await templateOf([1, 1290, 60, 560, 560]);
    const other = await templateOf([3, 420, 150, 500, 600]);
    expect(first).toHaveLength(embedder.dimension);
    expect(TEMPLATE_LENGTHS[await modelIdOf(WEIGHTS_DIR, name)]).toBe(embedder.dimension);
    expect(similarity(first, first)).toBeCloseTo(1, 5);
    // The similarity at a false-match rate of 1e-4 of either set.
    const atRate = { default: 0.41, clean: 0.94 }[name];
    expect(similarity(first, second)).toBeGreaterThan(atRate);
    expect(similarity(first, other)).toBeLessThan(atRate);
  });

  describe('and what tells spoiled pictures', async () => {
    const pipeline = await Pipeline.load(WEIGHTS_DIR, name);
    await pipeline.warmUp();
    const whole = await portrait(3, 420, 150, 500, 600);
    const problem = async (picture: Sharp): Promise<string | null> =>
      problemOf(await pipeline.analyse(await picture.png().toBuffer()), RECOGNITION_GATE);

    it('let a whole one pass', async () => {
      expect(await problem(sharp(whole))).toBeNull();
    });

    it.each<[string, () => Sharp]>([
      ['upside down', () => sharp(whole).rotate(180)],
      ['on its side', () => sharp(whole).rotate(90)],
      ['in negative', () => sharp(whole).negate({ alpha: false })],
      ['stretched', () => sharp(whole).resize({ width: 850, height: 600, fit: 'fill' })],
    ])('refuse one %s', async (_, spoil) => {
      expect(await problem(spoil())).not.toBeNull();
    });
  });
});
