import { LintelError, TEMPLATE_DIMENSION } from '#contract';
import { fivePoints } from './embed.ts';
import type { Network } from './network.ts';
import type { Raster } from './raster.ts';
import { estimateSimilarity, invert } from './transform.ts';
import type { Point, Template } from './types.ts';

const SIDE = 150;
export const DLIB_EMBEDDER = { file: 'dlib_resnet.onnx', shape: [1, 3, SIDE, SIDE] } as const;

/**
 * Where eyes, nose tip and mouth corners lie in an aligned face of 150 x 150 pixels: their medians over 399 faces that
 * were aligned as dlib does it (eye corners and base of the nose onto its mean face, with a quarter of padding).
 */
const ALIGNED_POINTS: readonly Point[] = [
  { x: 47.58, y: 46.94 },
  { x: 100.45, y: 46.71 },
  { x: 73.36, y: 76.71 },
  { x: 51.47, y: 104.77 },
  { x: 96.47, y: 104.75 },
];

/** Means of red, green and blue that the network was trained with. */
const MEANS = [122.782, 117.001, 104.298] as const;

/** The face turned upright and cut out: planes R, G, B of 150 x 150 numbers, 0..255, black outside the image. */
export function alignFaceDlib(image: Raster, landmarks: readonly Point[]): Float32Array {
  return image.sample(invert(estimateSimilarity(fivePoints(landmarks), ALIGNED_POINTS)), SIDE, SIDE);
}

/**
 * The template of an aligned face (128 numbers of unit length, then zeros, which change no cosine), and the length the
 * embedding had.
 * @throws LintelError `internal` for an answer that is no template
 */
export async function embedFaceDlib(
  network: Network,
  aligned: Float32Array,
): Promise<{ template: Template; norm: number }> {
  const plane = SIDE * SIDE;
  const input = aligned.map((value, i) => (value - MEANS[Math.floor(i / plane)]!) / 256);
  const { output } = await network.run(input, 'output');
  const norm = Math.sqrt(output.reduce((sum, x) => sum + x * x, 0));
  if (output.length > TEMPLATE_DIMENSION || !Number.isFinite(norm) || norm === 0) {
    throw new LintelError('internal', 'The embedding network gave no usable answer.');
  }
  const template = new Float32Array(TEMPLATE_DIMENSION);
  template.set(output.map((x) => x / norm));
  return { template, norm };
}
