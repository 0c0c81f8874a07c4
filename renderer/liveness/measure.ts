import { fitHomography, project, type PlanePoint } from '#contract';
import { poseOf, type Pose, type SeenFace, type Size } from '../guidance/geometry.ts';

/** What liveness needs of a face in one picture. Lengths are in inter-ocular distances. */
export interface Measure {
  /** Milliseconds of a monotonic clock. */
  readonly at: number;
  readonly pose: Pose;
  /** Eye aspect ratio (height / width) of the visitor's right and left eye. */
  readonly eyes: readonly [right: number, left: number];
  /** Distance between the corners of the mouth. */
  readonly mouthWidth: number;
  /** Gap between the lips. */
  readonly mouthOpening: number;
  /** Distance of each corner of the mouth from the face's midline: both grow in a smile. */
  readonly corners: readonly [right: number, left: number];
  /** The mesh in pixels. */
  readonly points: readonly PlanePoint[];
  /** Pixels between the middles of the eyes. */
  readonly interOcular: number;
}

/** Vertices of the face mesh. Right and left are the visitor's own. */
const MESH = {
  rightEye: {
    corners: [33, 133],
    lids: [
      [160, 144],
      [159, 145],
      [158, 153],
    ],
  },
  leftEye: {
    corners: [362, 263],
    lids: [
      [385, 380],
      [386, 374],
      [387, 373],
    ],
  },
  mouth: [61, 291],
  lips: [13, 14],
  noseTip: 1,
} as const;
/** The mesh's vertices without the irises, which move by themselves. */
const SKIN_POINTS = 468;
/** A landmark this many inter-ocular distances from the nose's tip is away from it. */
const AWAY_FROM_NOSE = 0.75;

const distance = (a: PlanePoint, b: PlanePoint): number => Math.hypot(a.x - b.x, a.y - b.y);
const middle = (a: PlanePoint, b: PlanePoint): PlanePoint => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

type Eye = typeof MESH.rightEye | typeof MESH.leftEye;

/** Measures a face of the landmarker, which must have its 478 points. @returns null without a pose */
export function measure(face: SeenFace, image: Size, at: number): Measure | null {
  if (!face.matrix || face.landmarks.length < SKIN_POINTS) return null;
  const points = face.landmarks.map(({ x, y }) => ({ x: x * image.width, y: y * image.height }));
  const point = (id: number): PlanePoint => points[id]!;
  /** Mean height of three pairs of points on the lids, over the width (Soukupová and Čech 2016, with a third pair). */
  const aspect = ({ corners: [outer, inner], lids }: Eye): number =>
    lids.reduce((sum, [upper, lower]) => sum + distance(point(upper), point(lower)), 0) /
    lids.length /
    distance(point(outer), point(inner));
  const [right, left] = [MESH.rightEye, MESH.leftEye].map(({ corners: [a, b] }) =>
    middle(point(a), point(b)),
  );
  const interOcular = distance(right!, left!);
  const axis = { x: (left!.x - right!.x) / interOcular, y: (left!.y - right!.y) / interOcular };
  const between = middle(right!, left!);
  const aside = (id: number): number =>
    Math.abs((point(id).x - between.x) * axis.x + (point(id).y - between.y) * axis.y) / interOcular;
  const [rightCorner, leftCorner] = MESH.mouth;
  return {
    at,
    pose: poseOf(face.matrix),
    eyes: [aspect(MESH.rightEye), aspect(MESH.leftEye)],
    mouthWidth: distance(point(rightCorner), point(leftCorner)) / interOcular,
    mouthOpening: distance(point(MESH.lips[0]), point(MESH.lips[1])) / interOcular,
    corners: [aside(rightCorner), aside(leftCorner)],
    points,
    interOcular,
  };
}

/**
 * How far the tip of the nose lies from where it would be if the face were flat: to the right of the picture,
 * in inter-ocular distances. A homography from the frontal `reference`, fitted to the landmarks away from the nose,
 * says where that is; no movement of a flat picture differs from one. 0 when none can be fitted.
 */
export function parallax(reference: Measure, now: Measure): number {
  const tip = reference.points[MESH.noseTip]!;
  const away = reference.points
    .slice(0, SKIN_POINTS)
    .flatMap((point, id) => (distance(point, tip) > AWAY_FROM_NOSE * reference.interOcular ? [id] : []));
  const before = away.map((id) => reference.points[id]!);
  const after = away.map((id) => now.points[id]!);
  const [from, to] = [normalisation(before), normalisation(after)];
  const h = fitHomography(before.map(from.apply), after.map(to.apply));
  const apart = to.apply(now.points[MESH.noseTip]!).x - project(h, from.apply(tip)).x;
  return Number.isFinite(apart) ? apart / to.scale / now.interOcular : 0;
}

/**
 * Moves the centre of points to the origin and makes their mean distance from it the root of two, so that a homography of
 * them is fitted well (Hartley and Zisserman, "Multiple View Geometry", 4.4).
 */
function normalisation(points: readonly PlanePoint[]) {
  const x = points.reduce((sum, point) => sum + point.x, 0) / points.length;
  const y = points.reduce((sum, point) => sum + point.y, 0) / points.length;
  const spread = points.reduce((sum, point) => sum + Math.hypot(point.x - x, point.y - y), 0) / points.length;
  const scale = Math.SQRT2 / spread;
  const apply = (point: PlanePoint): PlanePoint => ({ x: (point.x - x) * scale, y: (point.y - y) * scale });
  return { scale, apply };
}
