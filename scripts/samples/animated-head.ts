import type { Point, RgbImage } from '#core/recognition';
import { withExpression, type Expression } from './expression.ts';
import { headFrame, PIVOT_DEPTH, type HeadFrame } from './head-shape.ts';
import { paintTexture, type SeenPoint } from './mesh.ts';

/**
 * What a head does at one moment: degrees as the picture shows them (`yaw` > 0 with the nose to the right, `pitch` > 0
 * with the nose up, `roll` > 0 clockwise), an expression, and a shift of the head in pixels.
 */
export interface HeadState extends Expression {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  readonly x: number;
  readonly y: number;
}

export const AT_REST: HeadState = { yaw: 0, pitch: 0, roll: 0, eyesClosed: 0, smile: 0, x: 0, y: 0 };

/** From the camera to the nose, in distances between the eyes: about 60 cm. */
const CAMERA = 9.5;

/** A photograph of one frontal face, set in motion as the head of an average adult. */
export class AnimatedHead {
  readonly photo: RgbImage;
  readonly landmarks: readonly Point[];
  readonly #head: HeadFrame;
  /** Depth and share of the movement at the vertices, computed once: by place. */
  readonly #vertices = new Map<number, { depth: number; share: number }>();

  /** @param landmarks 68 of the face (iBUG order), in pixels of the photograph */
  constructor(photo: RgbImage, landmarks: readonly Point[]) {
    this.photo = photo;
    this.landmarks = landmarks;
    this.#head = headFrame(landmarks);
  }

  /** One frame of the photograph's size. */
  frame(state: HeadState): RgbImage {
    const texture = withExpression(this.photo, this.landmarks, state);
    const frame = { ...this.photo, data: new Uint8Array(this.photo.data) };
    paintTexture(frame, texture, this.#movement(state));
    return frame;
  }

  #movement(state: HeadState): (u: number, v: number) => SeenPoint {
    const { centre, unit, eyeDepth } = this.#head;
    const focal = unit * (CAMERA + eyeDepth);
    const turn = rotation(state);
    return (u, v) => {
      const { depth, share } = this.#vertex(u, v);
      const scale = (CAMERA + depth) / focal;
      const away = depth - PIVOT_DEPTH;
      // The neck, about which a head nods, is below the eyes.
      const right = (u - centre.x) * scale;
      const down = (v - centre.y) * scale - NECK;
      const [x, y, z] = turn.map((row) => row[0]! * right + row[1]! * down + row[2]! * away) as [
        number,
        number,
        number,
      ];
      const distance = CAMERA + PIVOT_DEPTH + z;
      return {
        x: u + share * (centre.x + (focal * x) / distance + state.x - u),
        y: v + share * (centre.y + (focal * (y + NECK)) / distance + state.y - v),
        distance,
      };
    };
  }

  #vertex(u: number, v: number): { depth: number; share: number } {
    const key = v * this.photo.width * 2 + u;
    let vertex = this.#vertices.get(key);
    if (vertex === undefined) {
      const { centre, unit } = this.#head;
      // Whole on the head, fading out in what is around it.
      const away = Math.hypot((u - centre.x) / (1.7 * unit), (v - centre.y - 0.5 * unit) / (2.1 * unit));
      const fade = Math.min(1, Math.max(0, (1.75 - away) / 0.75));
      vertex = { depth: this.#head.depthAt(u, v), share: fade * fade * (3 - 2 * fade) };
      this.#vertices.set(key, vertex);
    }
    return vertex;
  }
}

/** From the eyes down to where a head nods, in distances between the eyes. */
const NECK = 1;

/** Rows of the rotation matrix: roll after pitch after yaw, x to the right, y down, z away from the camera. */
function rotation({ yaw, pitch, roll }: HeadState): number[][] {
  const [cy, sy] = [Math.cos(radians(yaw)), Math.sin(radians(yaw))];
  const [cp, sp] = [Math.cos(radians(pitch)), Math.sin(radians(pitch))];
  const [cr, sr] = [Math.cos(radians(roll)), Math.sin(radians(roll))];
  const yawed = [
    [cy, 0, -sy],
    [0, 1, 0],
    [sy, 0, cy],
  ];
  const pitched = [
    [1, 0, 0],
    [0, cp, sp],
    [0, -sp, cp],
  ];
  const rolled = [
    [cr, -sr, 0],
    [sr, cr, 0],
    [0, 0, 1],
  ];
  return times(rolled, times(pitched, yawed));
}

const times = (a: number[][], b: number[][]): number[][] =>
  a.map((row) => [0, 1, 2].map((j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
