import { fitHomography, project } from '#contract';
import type { Point } from '#core/recognition';

/** Measures of 68 landmarks in the iBUG order. */

const NOSE_BRIDGE = 27;
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

/**
 * The same by what stays where it is while the lids move: landmarks of an eye sink with its lid. Corners of the eyes, and the height
 * from the bridge of the nose to the whole mouth.
 */
export function lidlessAspect(landmarks: readonly Point[]): number {
  const [left, right] = [
    mean([landmarks[36] as Point, landmarks[39] as Point]),
    mean([landmarks[42] as Point, landmarks[45] as Point]),
  ];
  return distance(left, right) / distance(landmarks[NOSE_BRIDGE] as Point, mean(landmarks.slice(48, 60)));
}

/**
 * How wide and high the corners of the mouth are: their distance in distances between the eyes, over the root of how far they are
 * below the nose in lengths of the nose. Each part is relative to another of the same direction, so that turning or tilting
 * a flat picture changes neither.
 */
export function mouthSpread(landmarks: readonly Point[]): number {
  const { centre, unit } = eyes(landmarks);
  const nose = mean(landmarks.slice(31, 36));
  const down = upright(landmarks);
  const corners = MOUTH_CORNERS.map((i) => landmarks[i] as Point);
  const below = (down(mean(corners)) - down(nose)) / (down(nose) - down(centre));
  return distance(corners[0] as Point, corners[1] as Point) / unit / Math.sqrt(Math.max(LEAST_BELOW, below));
}

/** No mouth is nearer to the nose: landmarks that say so are wrong, and must not count as a smile without end. */
const LEAST_BELOW = 0.2;

/** How far down the face a point is, at right angles to the line between the eyes. */
function upright(landmarks: readonly Point[]): (point: Point) => number {
  const [left, right] = [mean(landmarks.slice(36, 42)), mean(landmarks.slice(42, 48))];
  const unit = distance(left, right);
  return ({ x, y }) => (y * (right.x - left.x) - x * (right.y - left.y)) / unit;
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
