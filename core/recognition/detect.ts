import type { Similarity } from './transform.ts';

/**
 * A box in pixels, fractions included, with the detector's score 0..1 and, where it tells, how far the head is rolled:
 * radians, clockwise.
 */
export interface ScoredBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly score: number;
  readonly roll?: number;
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
