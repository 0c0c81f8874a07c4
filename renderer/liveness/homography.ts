/** A point in pixels: x to the right, y down. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Maps a point of one picture of a plane to the other picture. */
export type Homography = (point: Point) => Point;

interface Normal {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** Hartley's normalisation: the centre of the points, and what makes their mean distance from it the root of two. */
function normalOf(points: readonly Point[]): Normal {
  const x = points.reduce((sum, point) => sum + point.x, 0) / points.length;
  const y = points.reduce((sum, point) => sum + point.y, 0) / points.length;
  const spread = points.reduce((sum, point) => sum + Math.hypot(point.x - x, point.y - y), 0) / points.length;
  return { x, y, scale: spread > 0 ? Math.SQRT2 / spread : 1 };
}

/** Solves a symmetric or general linear system by elimination with pivots; null when it is singular. */
function solve(matrix: number[][], right: number[]): number[] | null {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < size; row += 1)
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const lead = rows[column]!;
    if (Math.abs(lead[column]!) < 1e-12) return null;
    for (const row of rows) {
      if (row === lead) continue;
      const factor = row[column]! / lead[column]!;
      for (let i = column; i <= size; i += 1) row[i]! -= factor * lead[i]!;
    }
  }
  return rows.map((row, i) => row[size]! / row[i]!);
}

/**
 * The homography that maps `from` to `to` best: least squares of the linear equations (direct linear transform with
 * normalised points, Hartley and Zisserman, Multiple View Geometry, section 4.4).
 * @returns null when the points do not determine it: fewer than four, or on one line
 */
export function fitHomography(from: readonly Point[], to: readonly Point[]): Homography | null {
  if (from.length < 4 || from.length !== to.length) return null;
  const [source, target] = [normalOf(from), normalOf(to)];
  const normal = Array.from({ length: 8 }, () => Array.from({ length: 8 }, () => 0));
  const right = Array.from({ length: 8 }, () => 0);
  const add = (row: readonly number[], value: number): void => {
    for (let i = 0; i < 8; i += 1) {
      if (row[i] === 0) continue;
      right[i]! += row[i]! * value;
      for (let j = 0; j < 8; j += 1) normal[i]![j]! += row[i]! * row[j]!;
    }
  };
  from.forEach((point, i) => {
    const [x, y] = [(point.x - source.x) * source.scale, (point.y - source.y) * source.scale];
    const [u, v] = [(to[i]!.x - target.x) * target.scale, (to[i]!.y - target.y) * target.scale];
    add([x, y, 1, 0, 0, 0, -u * x, -u * y], u);
    add([0, 0, 0, x, y, 1, -v * x, -v * y], v);
  });
  const h = solve(normal, right);
  if (!h) return null;
  const [a, b, c, d, e, f, g, k] = h as [number, number, number, number, number, number, number, number];
  return (point) => {
    const [x, y] = [(point.x - source.x) * source.scale, (point.y - source.y) * source.scale];
    const w = g * x + k * y + 1;
    return {
      x: (a * x + b * y + c) / w / target.scale + target.x,
      y: (d * x + e * y + f) / w / target.scale + target.y,
    };
  };
}
