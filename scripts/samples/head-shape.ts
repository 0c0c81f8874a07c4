import type { Point } from '#core/recognition';

/** Millimetres between the centres of an average adult's eyes: the unit of length of a head is this distance. */
const INTER_OCULAR_MM = 63;

/** How far the 68 landmarks (iBUG order) of an average adult lie behind the tip of the nose, in millimetres. */
// prettier-ignore
const LANDMARK_DEPTHS = [
  105, 103, 100, 95, 85, 70, 52, 38, 30, 38, 52, 70, 85, 95, 100, 103, 105,
  56, 42, 34, 29, 27, 27, 29, 34, 42, 56,
  30, 22, 11, 0, 21, 15, 12, 15, 21,
  44, 37, 35, 40, 38, 39, 40, 35, 37, 44, 39, 38,
  33, 24, 19, 18, 19, 24, 33, 26, 23, 22, 23, 26,
  32, 22, 21, 22, 32, 24, 23, 24,
];

/** Points without a landmark: eyes' distances right and down of the middle of the eyes, millimetres behind the nose. */
const ANCHORS = [
  [0, -0.75, 28],
  [0.5, -0.8, 34],
  [1, -0.8, 60],
  [0, -1.4, 48],
  [0.8, -1.35, 75],
  [1.3, -0.5, 100],
  [0.6, 0.6, 43],
  [0.85, 0.95, 60],
  [0, 2.2, 75],
  [1, 2.1, 105],
] as const;

/** Behind the nose, in distances between the eyes: where the head turns, and how deep what is far from the face lies. */
export const PIVOT_DEPTH = 95 / INTER_OCULAR_MM;

/** Between which depths a face lies. */
const DEEPEST = 108 / INTER_OCULAR_MM;

/** How a head stands in a frontal photograph. */
export interface HeadFrame {
  /** The middle of the eyes, in pixels. */
  readonly centre: Point;
  /** Pixels between the eyes. */
  readonly unit: number;
  /** Depth of the eyes behind the nose, in units. */
  readonly eyeDepth: number;
  /** Depth behind the nose at a pixel, in units; the pivot's far from the face. */
  depthAt(x: number, y: number): number;
}

/** The shape of a head from the landmarks of a frontal photograph: their average depths, smoothly continued. */
export function headFrame(landmarks: readonly Point[]): HeadFrame {
  const middle = (from: number, to: number): Point => {
    const points = landmarks.slice(from, to);
    return {
      x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
      y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
    };
  };
  const [left, right] = [middle(36, 42), middle(42, 48)];
  const centre = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  const unit = Math.hypot(right.x - left.x, right.y - left.y);
  const across = { x: (right.x - left.x) / unit, y: (right.y - left.y) / unit };
  const inUnits = ({ x, y }: Point): Point => ({
    x: ((x - centre.x) * across.x + (y - centre.y) * across.y) / unit,
    y: ((y - centre.y) * across.x - (x - centre.x) * across.y) / unit,
  });
  const spline = thinPlate([
    ...landmarks.map((point, i) => ({ ...inUnits(point), value: LANDMARK_DEPTHS[i]! / INTER_OCULAR_MM })),
    ...ANCHORS.flatMap(([x, y, depth]) =>
      (x === 0 ? [1] : [-1, 1]).map((side) => ({ x: side * x, y, value: depth / INTER_OCULAR_MM })),
    ),
  ]);
  return {
    centre,
    unit,
    eyeDepth: 40 / INTER_OCULAR_MM,
    depthAt: (x, y) => {
      const point = inUnits({ x, y });
      const away = Math.hypot(point.x / 1.7, (point.y - 0.5) / 2.1);
      const onFace = Math.min(1, Math.max(0, (1.15 - away) / 0.3));
      const depth = onFace > 0 ? Math.min(DEEPEST, Math.max(-0.05, spline(point.x, point.y))) : 0;
      return onFace * depth + (1 - onFace) * PIVOT_DEPTH;
    },
  };
}

interface Sample extends Point {
  readonly value: number;
}

/** A little smoothing: landmarks are not exact, and neighbours must not make a cliff. */
const STIFFNESS = 0.003;

/**
 * Smoothest surface near the samples: thin-plate spline. (F. L. Bookstein, "Principal warps", 1989, with the smoothing
 * of G. Wahba, 1990.)
 */
function thinPlate(samples: readonly Sample[]): (x: number, y: number) => number {
  const n = samples.length;
  const rows = samples.map((p, i) => [
    ...samples.map((q, j) => kernel(p.x - q.x, p.y - q.y) + (i === j ? STIFFNESS : 0)),
    1,
    p.x,
    p.y,
    p.value,
  ]);
  const weights = solve([
    ...rows,
    ...[() => 1, ({ x }: Sample) => x, ({ y }: Sample) => y].map((of) => [...samples.map(of), 0, 0, 0, 0]),
  ]);
  return (x, y) => {
    let sum = weights[n]! + weights[n + 1]! * x + weights[n + 2]! * y;
    for (let i = 0; i < n; i++) sum += weights[i]! * kernel(x - samples[i]!.x, y - samples[i]!.y);
    return sum;
  };
}

function kernel(dx: number, dy: number): number {
  const squared = dx * dx + dy * dy;
  return squared === 0 ? 0 : (squared * Math.log(squared)) / 2;
}

/** Gaussian elimination with partial pivoting; the right-hand side is each row's last number. Changes the rows. */
function solve(rows: number[][]): number[] {
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    let best = i;
    for (let k = i + 1; k < n; k++) if (Math.abs(rows[k]![i]!) > Math.abs(rows[best]![i]!)) best = k;
    [rows[i], rows[best]] = [rows[best]!, rows[i]!];
    for (let k = i + 1; k < n; k++) {
      const factor = rows[k]![i]! / rows[i]![i]!;
      for (let j = i; j <= n; j++) rows[k]![j]! -= factor * rows[i]![j]!;
    }
  }
  const result = Array.from({ length: n }, () => 0);
  for (let i = n - 1; i >= 0; i--) {
    let rest = rows[i]![n]!;
    for (let j = i + 1; j < n; j++) rest -= rows[i]![j]! * result[j]!;
    result[i] = rest / rows[i]![i]!;
  }
  return result;
}
