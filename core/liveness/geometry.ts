import { fitHomography, project } from '#contract';
import type { Point } from '#core/recognition';

/** Measures of 68 landmarks in the iBUG order. */

const NOSE_TIP = 30;
const MOUTH_CORNERS = [48, 54] as const;

/** Brows, eyes and mouth: they lie near one plane, the nose before it. The jaw is left out, its points slide. */
const isFacePlane = (i: number): boolean => (i >= 17 && i < 27) || (i >= 36 && i < 68);

/**
 * How far the nose tip departs from where it would be if the face were a flat picture: a homography is fitted from
 * one view to the other on the landmarks away from the nose, and what it leaves of the tip is given in distances between
 * the eyes. Positive x is to the right of the picture, positive y down.
 * @param rest the face at rest
 * @param moved the same face in another view
 */
export function noseParallax(rest: readonly Point[], moved: readonly Point[]): Point {
  const [from, to] = [normalised(rest), normalised(moved)];
  const h = fitHomography(from.filter(isOfPlane), to.filter(isOfPlane));
  const flat = project(h, from[NOSE_TIP] as Point);
  const tip = to[NOSE_TIP] as Point;
  return { x: tip.x - flat.x, y: tip.y - flat.y };
}

const isOfPlane = (_: Point, i: number): boolean => isFacePlane(i);

/** Distance between the eyes over that between eyes and mouth: turning sideways makes it smaller. */
export function faceAspect(landmarks: readonly Point[]): number {
  const { centre, unit } = eyes(landmarks);
  return unit / distance(centre, mean(MOUTH_CORNERS.map((i) => landmarks[i] as Point)));
}

/** Width of the mouth in distances between the eyes. */
export function mouthWidth(landmarks: readonly Point[]): number {
  const [left, right] = MOUTH_CORNERS.map((i) => landmarks[i] as Point) as [Point, Point];
  return distance(left, right) / eyes(landmarks).unit;
}

/** In distances between the eyes, the origin between them. */
function normalised(landmarks: readonly Point[]): Point[] {
  const { centre, unit } = eyes(landmarks);
  return landmarks.map(({ x, y }) => ({ x: (x - centre.x) / unit, y: (y - centre.y) / unit }));
}

function eyes(landmarks: readonly Point[]): { centre: Point; unit: number } {
  const [left, right] = [mean(landmarks.slice(36, 42)), mean(landmarks.slice(42, 48))];
  return { centre: mean([left, right]), unit: distance(left, right) };
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

function mean(points: readonly Point[]): Point {
  const sum = points.reduce((s, p) => ({ x: s.x + p.x, y: s.y + p.y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}
