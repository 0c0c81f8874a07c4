import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { blend, BLAZEFACE } from './blazeface.ts';
import { decodeImage } from './decode.ts';
import { overlap } from './detect.ts';
import { Network } from './network.ts';
import { ENROLMENT_GATE, RECOGNITION_GATE } from './quality-gate.ts';
import { Raster } from './raster.ts';
import { portrait, sample, WEIGHTS_DIR } from './testing/images.ts';

let network: Network;
beforeAll(async () => {
  network = await Network.load(WEIGHTS_DIR, BLAZEFACE);
});

const detect = async (bytes: Buffer) => await BLAZEFACE.detect(network, new Raster(await decodeImage(bytes)));

/** Where the faces of the three women are, by eye. */
const FACES = [
  { x: 1070, y: 245, width: 240, height: 265 },
  { x: 595, y: 385, width: 195, height: 215 },
  { x: 1465, y: 345, width: 200, height: 220 },
];

describe('BlazeFace', () => {
  it('finds each face of a group once, in pixels of the image', async () => {
    const found = await detect(await sample(3));
    expect(found).toHaveLength(FACES.length);
    for (const face of FACES) {
      expect(Math.max(...found.map((other) => overlap(face, other)))).toBeGreaterThan(0.75);
    }
    for (const { score } of found) expect(score).toBeGreaterThan(0.5);
  });

  it.each([-25, 0, 25])('tells the roll of a head turned by %f degrees', async (degrees) => {
    const upright = await portrait(3, 420, 150, 500, 600);
    const [before] = await detect(upright);
    const [after] = await detect(
      await sharp(upright).rotate(degrees, { background: 'grey' }).png().toBuffer(),
    );
    expect(((after!.roll! - before!.roll!) * 180) / Math.PI).toBeGreaterThan(degrees - 6);
    expect(((after!.roll! - before!.roll!) * 180) / Math.PI).toBeLessThan(degrees + 6);
  });

  it('finds nothing in an empty picture', async () => {
    const grey = await sharp({ create: { width: 320, height: 240, channels: 3, background: 'grey' } })
      .png()
      .toBuffer();
    expect(await detect(grey)).toEqual([]);
  });
});

const candidate = (score: number, x: number) => ({ score, numbers: [x, 50, 20, 20] });

describe('blend', () => {
  it('takes the mean of the boxes of one face, weighted by score, best face first', () => {
    const faces = blend([candidate(0.3, 40), candidate(0.6, 100), candidate(0.9, 44)]);
    expect(faces.map(({ score }) => score)).toEqual([0.9, 0.6]);
    expect(faces[0]!.numbers[0]).toBeCloseTo((0.9 * 44 + 0.3 * 40) / 1.2, 9);
    expect(faces[1]!.numbers).toEqual([100, 50, 20, 20]);
  });
});

describe('confidence', () => {
  it('rises with the score, and meets the gates for probes and for references where they should stand', () => {
    const confidence = (score: number): number => BLAZEFACE.confidence(score);
    const scores = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.92];
    const scaled = scores.map(confidence);
    expect(scaled).toEqual(scaled.toSorted((a, b) => a - b));
    expect(confidence(0.69)).toBeLessThan(RECOGNITION_GATE.confidence);
    expect(confidence(0.71)).toBeGreaterThan(RECOGNITION_GATE.confidence);
    expect(confidence(0.79)).toBeLessThan(ENROLMENT_GATE.confidence);
    expect(confidence(0.81)).toBeGreaterThan(ENROLMENT_GATE.confidence);
    expect(confidence(1)).toBe(confidence(0.92));
    expect(confidence(1)).toBeLessThan(1);
  });
});
