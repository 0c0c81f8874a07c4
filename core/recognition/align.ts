import type { View } from './raster.ts';
import { estimateSimilarity, invert, mean } from './transform.ts';
import type { Point } from './types.ts';

/** Where eyes, nose tip and mouth corners lie in an aligned face of `side` x `side` pixels. */
export interface Alignment {
  readonly side: number;
  readonly points: readonly Point[];
}

/** That of ArcFace. */
export const ARCFACE_ALIGNMENT: Alignment = {
  side: 112,
  points: [
    { x: 38.2946, y: 51.6963 },
    { x: 73.5318, y: 51.5014 },
    { x: 56.0252, y: 71.7366 },
    { x: 41.5493, y: 92.3655 },
    { x: 70.7299, y: 92.2041 },
  ],
};

/** Eyes, nose tip and mouth corners out of 68 landmarks in the iBUG order. */
export function fivePoints(landmarks: readonly Point[]): Point[] {
  const [nose, left, right] = [landmarks[30], landmarks[48], landmarks[54]];
  if (!nose || !left || !right) throw new RangeError('68 landmarks are needed.');
  return [mean(landmarks.slice(36, 42)), mean(landmarks.slice(42, 48)), nose, left, right];
}

/** The face turned upright and cut out: planes R, G, B of `side` x `side` numbers, 0..255, black outside the image. */
export function alignFace(
  image: View,
  landmarks: readonly Point[],
  { side, points }: Alignment,
): Float32Array {
  return image.sample(invert(estimateSimilarity(fivePoints(landmarks), points)), side, side);
}
