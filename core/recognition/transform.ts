import type { Point } from './types.ts';

/** A similarity transform of the plane: (x, y) to (a x - b y + tx, b x + a y + ty). */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly tx: number;
  readonly ty: number;
}

/** How much longer a distance becomes. */
export function scaleOf(t: Similarity): number {
  return Math.hypot(t.a, t.b);
}

export function apply(t: Similarity, { x, y }: Point): Point {
  return { x: t.a * x - t.b * y + t.tx, y: t.b * x + t.a * y + t.ty };
}

/** First `inner`, then `outer`. */
export function compose(outer: Similarity, inner: Similarity): Similarity {
  const moved = apply(outer, { x: inner.tx, y: inner.ty });
  return {
    a: outer.a * inner.a - outer.b * inner.b,
    b: outer.b * inner.a + outer.a * inner.b,
    tx: moved.x,
    ty: moved.y,
  };
}

export function invert(t: Similarity): Similarity {
  const n = t.a * t.a + t.b * t.b;
  const a = t.a / n;
  const b = -t.b / n;
  return { a, b, tx: -(a * t.tx - b * t.ty), ty: -(b * t.tx + a * t.ty) };
}

/**
 * The similarity transform that takes `from` to `to` with the least squared error, without reflection: the plane's
 * closed form of Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991.
 * @param from at least two distinct points
 * @param to as many points
 */
export function estimateSimilarity(from: readonly Point[], to: readonly Point[]): Similarity {
  const p = mean(from);
  const q = mean(to);
  let dot = 0;
  let cross = 0;
  let norm = 0;
  for (const [i, point] of from.entries()) {
    const target = to[i];
    if (target === undefined) throw new RangeError('Each point needs a counterpart.');
    const [x, y, u, v] = [point.x - p.x, point.y - p.y, target.x - q.x, target.y - q.y];
    dot += x * u + y * v;
    cross += x * v - y * u;
    norm += x * x + y * y;
  }
  if (norm === 0) throw new RangeError('The points coincide.');
  const a = dot / norm;
  const b = cross / norm;
  return { a, b, tx: q.x - (a * p.x - b * p.y), ty: q.y - (b * p.x + a * p.y) };
}

/** The centre of at least one point. */
export function mean(points: readonly Point[]): Point {
  const sum = points.reduce((s, p) => ({ x: s.x + p.x, y: s.y + p.y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}
