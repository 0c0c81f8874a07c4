import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { ATTENTION_MESH } from './attention-mesh.ts';
import { decodeImage } from './decode.ts';
import { Network } from './network.ts';
import { Raster } from './raster.ts';
import { sample, WEIGHTS_DIR } from './testing/images.ts';
import type { Point } from './types.ts';

/**
 * Landmarks of the middle woman as MediaPipe's own FaceLandmarker (tasks-vision 0.10.35 in Chromium) finds them in
 * the whole photograph: iBUG number, x, y. Its eyes are 97 pixels apart.
 */
const MEDIAPIPE = [
  [0, 1087, 292],
  [8, 1135, 506],
  [16, 1303, 331],
  [27, 1159, 323],
  [30, 1138, 386],
  [33, 1141, 405],
  [36, 1102, 317],
  [39, 1139, 330],
  [42, 1191, 341],
  [45, 1236, 344],
  [48, 1105, 424],
  [54, 1196, 440],
] as const;
const EYE_DISTANCE = 97;
const BOX = { x: 1064, y: 257, width: 250, height: 250, score: 0.9, roll: 0.15 };

let network: Network;
beforeAll(async () => {
  network = await Network.load(WEIGHTS_DIR, ATTENTION_MESH);
});

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y) / EYE_DISTANCE;

describe('the attention mesh', () => {
  it('agrees with MediaPipe on the 68 landmarks', async () => {
    const image = new Raster(await decodeImage(await sample(3)));
    const landmarks = await ATTENTION_MESH.locate(network, image, BOX);
    expect(landmarks).toHaveLength(68);
    for (const [number, x, y] of MEDIAPIPE) expect(distance(landmarks[number]!, { x, y })).toBeLessThan(0.08);
  });

  it('follows a head that lies on its side when told the roll', async () => {
    const upright = await sample(3);
    const { width, height } = await sharp(upright).metadata();
    const image = new Raster(await decodeImage(await sharp(upright).rotate(90).png().toBuffer()));
    const box = { ...BOX, x: height - BOX.y - BOX.height, y: BOX.x, roll: BOX.roll + Math.PI / 2 };
    const landmarks = await ATTENTION_MESH.locate(network, image, box);
    expect(image.height).toBe(width);
    for (const [number, x, y] of MEDIAPIPE) {
      expect(distance(landmarks[number]!, { x: height - y, y: x })).toBeLessThan(0.08);
    }
  });
});
