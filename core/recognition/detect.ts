import type { Network } from './network.ts';
import type { Raster } from './raster.ts';
import type { Similarity } from './transform.ts';

/** Input of the detector: RFB-320. */
const WIDTH = 320;
const HEIGHT = 240;
export const DETECTOR = { file: 'fr_detect.onnx', shape: [1, 3, HEIGHT, WIDTH] } as const;

/** Lowest score of a face and highest overlap of two, as measured (models/manifest.json). */
const MINIMUM_SCORE = 0.65;
const MAXIMUM_OVERLAP = 0.4;

/** A box in pixels, fractions included, with the detector's score 0..1. */
export interface ScoredBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly score: number;
}

/** Every face in the image, highest score first. */
export async function detectFaces(network: Network, image: Raster): Promise<ScoredBox[]> {
  const toImage = letterbox(image.width, image.height, WIDTH, HEIGHT);
  const input = image.sample(toImage, WIDTH, HEIGHT);
  for (let i = 0; i < input.length; i++) input[i] = (input[i]! - 127) / 128;
  const { scores, boxes } = await network.run(input, 'scores', 'boxes');
  return suppressOverlaps(readBoxes(scores, boxes, toImage), MAXIMUM_OVERLAP);
}

/**
 * Fit an image into a frame, centred, keeping its proportions.
 * @returns the transform from the frame to the image
 */
export function letterbox(
  width: number,
  height: number,
  frameWidth: number,
  frameHeight: number,
): Similarity {
  const a = Math.max(width / frameWidth, height / frameHeight);
  return { a, b: 0, tx: (width - a * frameWidth) / 2, ty: (height - a * frameHeight) / 2 };
}

/** Scores are (background, face) pairs; boxes x1 y1 x2 y2 in 0..1 of the letterboxed frame. */
function readBoxes(scores: Float32Array, boxes: Float32Array, toImage: Similarity): ScoredBox[] {
  const found: ScoredBox[] = [];
  for (let i = 0; i < scores.length / 2; i++) {
    const score = scores[2 * i + 1]!;
    if (score <= MINIMUM_SCORE) continue;
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    const width = (x2 - x1) * WIDTH * toImage.a;
    const height = (y2 - y1) * HEIGHT * toImage.a;
    if (!(width >= 1 && height >= 1)) continue;
    found.push({
      x: x1 * WIDTH * toImage.a + toImage.tx,
      y: y1 * HEIGHT * toImage.a + toImage.ty,
      width,
      height,
      score: Math.min(score, 1),
    });
  }
  return found;
}

/** Greedy non-maximum suppression: of boxes that overlap by more than `maximum` (IoU) the best stays. */
export function suppressOverlaps(boxes: readonly ScoredBox[], maximum: number): ScoredBox[] {
  const kept: ScoredBox[] = [];
  for (const box of boxes.toSorted((a, b) => b.score - a.score)) {
    if (kept.every((other) => overlap(box, other) <= maximum)) kept.push(box);
  }
  return kept;
}

/** Intersection over union, 0..1. */
export function overlap(a: Omit<ScoredBox, 'score'>, b: Omit<ScoredBox, 'score'>): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}

/**
 * Order faces by how likely each is the one meant, best first: area of the box, times its score, times a centrality
 * that falls evenly from 1 in the middle of the image to 0 in its corners. So the nearest face wins, unless it stands
 * aside from one that the camera was pointed at.
 * @param width of the image
 * @param height of the image
 */
export function byDominance(boxes: readonly ScoredBox[], width: number, height: number): ScoredBox[] {
  const weight = (box: ScoredBox): number => {
    const dx = (box.x + box.width / 2) / width - 0.5;
    const dy = (box.y + box.height / 2) / height - 0.5;
    return box.width * box.height * box.score * (1 - Math.hypot(dx, dy) * Math.SQRT2);
  };
  return boxes.toSorted((a, b) => weight(b) - weight(a));
}
