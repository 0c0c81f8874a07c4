import { LeastSquares } from './least-squares.ts';

/** A point of a plane. */
export interface PlanePoint {
  readonly x: number;
  readonly y: number;
}

/** A projective map of the plane, row by row; the ninth number is 1 and left out. */
export type Homography = readonly [number, number, number, number, number, number, number, number];

/**
 * The homography that maps `from` to `to` with the least algebraic error (direct linear transformation: Hartley and
 * Zisserman, "Multiple View Geometry", 4.1). Exact for two views of one plane. The screen and the appliance measure depth
 * with it, each from landmarks of its own.
 * @param from at least four points, not on one line, around the origin and of size about 1
 * @param to as many points, likewise
 * @returns numbers that are not finite when the points do not determine a homography
 */
export function fitHomography(from: readonly PlanePoint[], to: readonly PlanePoint[]): Homography {
  const equations = new LeastSquares(8);
  for (const [i, { x, y }] of from.entries()) {
    const target = to[i];
    if (target === undefined) throw new RangeError('Each point needs a counterpart.');
    equations.add([x, y, 1, 0, 0, 0, -target.x * x, -target.x * y], target.x);
    equations.add([0, 0, 0, x, y, 1, -target.y * x, -target.y * y], target.y);
  }
  return equations.solve() as unknown as Homography;
}

/** Where a homography maps a point. */
export function project([a, b, c, d, e, f, g, h]: Homography, { x, y }: PlanePoint): PlanePoint {
  const w = g * x + h * y + 1;
  return { x: (a * x + b * y + c) / w, y: (d * x + e * y + f) / w };
}
