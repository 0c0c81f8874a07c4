import type { Measure } from '../measure.ts';
import { measure } from '../measure.ts';

/** For the tests: a head of a few hundred points in space, seen by a pinhole camera, as the landmarker would report it. */

export interface Pretended {
  /** Degrees. Yaw > 0: the nose to the right of the picture; pitch > 0: up. */
  readonly yaw?: number;
  readonly pitch?: number;
  /** 1 open, 0 closed: right and left. */
  readonly eyes?: number | readonly [number, number];
  /** Widening of the mouth, 0 at rest; a part of its width. Right and left. */
  readonly smile?: number | readonly [number, number];
  /** A flat picture of the face instead of a head. */
  readonly flat?: boolean;
}

interface Point3 {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

const IMAGE = { width: 640, height: 480 };
/** Pixels between the eyes, and the camera's distance in distances between the eyes. */
const INTER_OCULAR = 80;
const CAMERA = 9.5;
/** An eye's width and height, the mouth's width, in distances between the eyes. */
const EYE = { width: 0.45, height: 0.15 };
const MOUTH = 0.8;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const pair = (value: number | readonly [number, number]): readonly [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/** The face's surface: an ellipsoid, with a nose. x to the right of the picture, y down, z to the camera. */
const depthAt = (x: number, y: number): number =>
  1.1 * Math.sqrt(Math.max(0, 1 - (x / 1.5) ** 2 - (y / 2) ** 2));

function head({ eyes = 1, smile = 0 }: Pretended): Point3[] {
  const points = Array.from({ length: 478 }, (_, i): Point3 => {
    // Spread evenly over an ellipse (golden angle).
    const [radius, angle] = [Math.sqrt(i / 478), i * 2.399963];
    const [x, y] = [1.2 * radius * Math.cos(angle), 1.6 * radius * Math.sin(angle)];
    return { x, y: y + 0.3, z: depthAt(x, y) };
  });
  const put = (id: number, x: number, y: number, z = depthAt(x, y)): void => {
    points[id] = { x, y, z };
  };
  const eye = (middle: number, open: number, [outer, inner]: number[], lids: number[][]): void => {
    const outward = Math.sign(middle);
    put(outer!, middle + (outward * EYE.width) / 2, 0);
    put(inner!, middle - (outward * EYE.width) / 2, 0);
    for (const [i, [upper, lower]] of lids.entries()) {
      const x = middle + (i - 1) * 0.1;
      put(upper!, x, (-EYE.height * open) / 2);
      put(lower!, x, (EYE.height * open) / 2);
    }
  };
  const [right, left] = pair(eyes);
  // The visitor's right eye is on the left of the picture.
  eye(
    -0.5,
    right,
    [33, 133],
    [
      [160, 144],
      [159, 145],
      [158, 153],
    ],
  );
  eye(
    0.5,
    left,
    [263, 362],
    [
      [385, 380],
      [386, 374],
      [387, 373],
    ],
  );
  const [rightWide, leftWide] = pair(smile);
  put(61, (-MOUTH / 2) * (1 + rightWide), 1.1);
  put(291, (MOUTH / 2) * (1 + leftWide), 1.1);
  put(13, 0, 1.08);
  put(14, 0, 1.12);
  put(1, 0, 0.6, depthAt(0, 0.6) + 0.45);
  return points;
}

/** What the landmarker and {@link measure} make of it. */
export function pretend(at: number, pretended: Pretended = {}): Measure {
  const { yaw = 0, pitch = 0, flat = false } = pretended;
  const [cy, sy] = [Math.cos(radians(yaw)), Math.sin(radians(yaw))];
  const [cp, sp] = [Math.cos(radians(pitch)), Math.sin(radians(pitch))];
  const landmarks = head(pretended).map(({ x, y, z: depth }) => {
    const z = flat ? 0.8 : depth;
    // Yaw about the vertical axis, then pitch: the nose goes to the right, and up.
    const [turnedX, turnedZ] = [cy * x + sy * z, -sy * x + cy * z];
    const [nodY, nodZ] = [cp * y - sp * turnedZ, sp * y + cp * turnedZ];
    const scale = (INTER_OCULAR * CAMERA) / (CAMERA - nodZ);
    return {
      x: 0.5 + (turnedX * scale) / IMAGE.width,
      y: 0.4 + (nodY * scale) / IMAGE.height,
    };
  });
  // Column-major; y up. The third column is where the nose points.
  const matrix = [cy, 0, -sy, 0, 0, 1, 0, 0, sy * cp, sp, cy * cp, 0, 0, 0, 0, 1];
  const measured = measure({ landmarks, matrix }, IMAGE, at);
  if (!measured) throw new Error('The synthetic face has no pose.');
  return measured;
}
