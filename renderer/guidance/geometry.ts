/** A face mesh point in fractions of the image: x to the right, y down. */
export interface Landmark {
  readonly x: number;
  readonly y: number;
}

/** One face as the landmarker reports it. */
export interface SeenFace {
  readonly landmarks: readonly Landmark[];
  /** Column-major 4x4 pose of the canonical head (x right, y up, z to the camera), or null. */
  readonly matrix: readonly number[] | null;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Width / height of the part of the picture that a visitor sees. */
export const VIEW_ASPECT = 3 / 4;

/** The face's place in the view: centre and size in fractions of the view's width and height. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Part of the face lies outside the picture. */
  readonly cut: boolean;
}

/** Head rotation in degrees. Yaw > 0: the nose points to the right of the unmirrored picture; pitch > 0: up. */
export interface Pose {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

/** The largest centred rectangle of {@link VIEW_ASPECT} in an image, in fractions of the image. */
export function viewOf(image: Size): Size {
  const aspect = image.width / image.height;
  return aspect > VIEW_ASPECT
    ? { width: VIEW_ASPECT / aspect, height: 1 }
    : { width: 1, height: aspect / VIEW_ASPECT };
}

/** Where the box around a face's landmarks lies in the view. */
export function placementOf(face: SeenFace, image: Size): Placement {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y } of face.landmarks) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const view = viewOf(image);
  return {
    x: 0.5 + ((left + right) / 2 - 0.5) / view.width,
    y: 0.5 + ((top + bottom) / 2 - 0.5) / view.height,
    width: (right - left) / view.width,
    height: (bottom - top) / view.height,
    cut: left < 0 || right > 1 || top < 0 || bottom > 1,
  };
}

/** The faces with their places, the nearest (highest) first. */
export function nearestFirst(
  faces: readonly SeenFace[],
  image: Size,
): readonly { readonly face: SeenFace; readonly place: Placement }[] {
  return faces
    .map((face) => ({ face, place: placementOf(face, image) }))
    .toSorted((a, b) => b.place.height - a.place.height);
}

const degrees = (radians: number): number => (radians * 180) / Math.PI;

/** Rotation of the head out of its pose matrix: where the head's own z axis (the nose) and x axis point. */
export function poseOf(matrix: readonly number[]): Pose {
  const at = (column: number, row: number): number => matrix[column * 4 + row] ?? 0;
  const nose = { x: at(2, 0), y: at(2, 1), z: at(2, 2) };
  return {
    yaw: degrees(Math.atan2(nose.x, nose.z)),
    pitch: degrees(Math.atan2(nose.y, Math.hypot(nose.x, nose.z))),
    roll: degrees(Math.atan2(at(0, 1), at(0, 0))),
  };
}
