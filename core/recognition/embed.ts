import { LintelError } from '#contract';
import type { Network } from './network.ts';
import type { Raster } from './raster.ts';
import { estimateSimilarity, invert, mean } from './transform.ts';
import type { Point, Template } from './types.ts';

const SIDE = 112;
export const EMBEDDER = { file: 'fr_feature.onnx', shape: [1, 3, SIDE, SIDE], dimension: 512 } as const;

/** Where eyes, nose tip and mouth corners lie in an aligned face of 112 x 112 pixels (ArcFace). */
const ALIGNED_POINTS: readonly Point[] = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
];

/** Eyes, nose tip and mouth corners out of 68 landmarks in the iBUG order. */
export function fivePoints(landmarks: readonly Point[]): Point[] {
  const [nose, left, right] = [landmarks[30], landmarks[48], landmarks[54]];
  if (!nose || !left || !right) throw new RangeError('68 landmarks are needed.');
  return [mean(landmarks.slice(36, 42)), mean(landmarks.slice(42, 48)), nose, left, right];
}

/** The face turned upright and cut out: planes R, G, B of 112 x 112 numbers, 0..255, black outside the image. */
export function alignFace(image: Raster, landmarks: readonly Point[]): Float32Array {
  const toAligned = estimateSimilarity(fivePoints(landmarks), ALIGNED_POINTS);
  return image.sample(invert(toAligned), SIDE, SIDE);
}

/** The template of an aligned face, and the length the embedding had: it grows with how distinct the face is. */
export async function embedFace(
  network: Network,
  aligned: Float32Array,
): Promise<{ template: Template; norm: number }> {
  const plane = SIDE * SIDE;
  const bgr = new Float32Array(aligned.length);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) bgr[c * plane + i] = (aligned[(2 - c) * plane + i]! - 127.5) / 128;
  }
  const { output } = await network.run(bgr, 'output');
  return normalise(output);
}

/** The vector at unit length (L2), and its own. @throws LintelError `internal` for a vector that is no template */
function normalise(vector: Float32Array): { template: Template; norm: number } {
  const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  if (vector.length !== EMBEDDER.dimension || !Number.isFinite(norm) || norm === 0) {
    throw new LintelError('internal', 'The embedding network gave no usable answer.');
  }
  return { template: vector.map((x) => x / norm), norm };
}
