import { ARCFACE_ALIGNMENT, fivePoints } from './align.ts';
import type { ScoredBox } from './detect.ts';
import { apply, estimateSimilarity } from './transform.ts';
import type { Point } from './types.ts';

/** Boxes to look from again: moved by shares of the box's width and height, and scaled. */
const LOOKS = [
  { right: 0.06, down: 0, scale: 1.1 },
  { right: -0.06, down: 0.04, scale: 0.95 },
] as const;

/**
 * How far eyes, nose tip and mouth corners move when the face is looked at from a slightly other box: on a face that
 * shows them hardly, elsewhere (upside down, covered, in negative, out of focus) a great deal.
 * @param locate finds the landmarks of a face in a box
 * @returns root of the mean square, in pixels of a face aligned to 112 pixels; of both looks the larger
 */
export async function measureLandmarkShift(
  locate: (box: ScoredBox) => Promise<Point[]>,
  box: ScoredBox,
  landmarks: readonly Point[],
): Promise<number> {
  const points = fivePoints(landmarks);
  const toAligned = estimateSimilarity(points, ARCFACE_ALIGNMENT.points);
  const aligned = points.map((point) => apply(toAligned, point));
  let most = 0;
  for (const { right, down, scale } of LOOKS) {
    const again = fivePoints(
      await locate({
        ...box,
        x: box.x + box.width * (right + (1 - scale) / 2),
        y: box.y + box.height * (down + (1 - scale) / 2),
        width: box.width * scale,
        height: box.height * scale,
      }),
    ).map((point) => apply(toAligned, point));
    const squares = again.map(({ x, y }, i) => (x - aligned[i]!.x) ** 2 + (y - aligned[i]!.y) ** 2);
    most = Math.max(most, Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length));
  }
  return most;
}
