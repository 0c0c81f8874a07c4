import { DLIB_RESNET } from './dlib-resnet.ts';
import type { Network } from './network.ts';
import type { View } from './raster.ts';
import { mean } from './transform.ts';
import type { Point } from './types.ts';

const { side: SIDE } = DLIB_RESNET.alignment;

/** Distance from eyes to mouth, and where the middle of the three lies, in sides of the cut. */
const EYES_TO_MOUTH = 0.45;
const MIDDLE = { x: 0.5, y: 0.43 };

/**
 * What face-api would make of a face: 128 numbers of any length. Its cut is its own, upright however the head is held
 * (`FaceLandmarks.alignDlib` of @vladmandic/face-api 1.7.15). On 39 photographs the distance to face-api's own
 * descriptor is 0.12 in the median, where the cut that our templates use leads to 0.18.
 */
export function describeFace(
  network: Network,
  image: View,
  landmarks: readonly Point[],
): Promise<Float32Array> {
  const mouth = mean(landmarks.slice(48, 68));
  const eyes = [mean(landmarks.slice(36, 42)), mean(landmarks.slice(42, 48))];
  const [left = 0, right = 0] = eyes.map(({ x, y }) => Math.hypot(x - mouth.x, y - mouth.y));
  const side = (left + right) / 2 / EYES_TO_MOUTH;
  const middle = mean([...eyes, mouth]);
  const toImage = {
    a: side / SIDE,
    b: 0,
    tx: middle.x - MIDDLE.x * side,
    ty: middle.y - MIDDLE.y * side,
  };
  return DLIB_RESNET.embed(network, image.sample(toImage, SIDE, SIDE));
}
