import type { Point, RgbImage } from '#core/recognition';
import { sampleInto } from './mesh.ts';

/** How far a face moves by itself; both 0..1. */
export interface Expression {
  readonly eyesClosed: number;
  readonly smile: number;
}

/** The same face with its lids lowered and its mouth widened. @param landmarks 68, of the neutral face */
export function withExpression(
  face: RgbImage,
  landmarks: readonly Point[],
  { eyesClosed, smile }: Expression,
): RgbImage {
  if (eyesClosed === 0 && smile === 0) return face;
  const changed = { ...face, data: new Uint8Array(face.data) };
  if (smile > 0) widenMouth(face, changed, landmarks, smile);
  if (eyesClosed > 0) {
    for (const first of [36, 42]) lowerLid(face, changed, landmarks.slice(first, first + 6), eyesClosed);
  }
  return changed;
}

/** Of the mouth's width, how far each corner goes out and up in a full smile, and the lower lip down. */
const SMILE = { out: 0.21, up: 0.1, open: 0.06 };

function widenMouth(from: RgbImage, to: RgbImage, landmarks: readonly Point[], smile: number): void {
  const [left, right, lower] = [landmarks[48], landmarks[54], landmarks[57]] as [Point, Point, Point];
  const width = Math.hypot(right.x - left.x, right.y - left.y);
  const out = { x: (right.x - left.x) / width, y: (right.y - left.y) / width };
  const pulls = [
    [left, -SMILE.out * out.x + SMILE.up * out.y, -SMILE.out * out.y - SMILE.up * out.x],
    [right, SMILE.out * out.x + SMILE.up * out.y, SMILE.out * out.y - SMILE.up * out.x],
    [lower, 0, SMILE.open],
  ] as const;
  const shift = smile * width;
  const reach = 0.4 * width;
  const radius = 1.3 * width;
  const centre = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  forEachPixel(to, centre.x - radius, centre.y - radius, centre.x + radius, centre.y + radius, (x, y) => {
    let dx = 0;
    let dy = 0;
    for (const [at, px, py] of pulls) {
      // Skin that has moved comes from where it was: the pull is looked up at the place it led to.
      const near = Math.exp(
        -((x - at.x - px * shift) ** 2 + (y - at.y - py * shift) ** 2) / (2 * reach * reach),
      );
      dx += near * px * shift;
      dy += near * py * shift;
    }
    sampleInto(to.data, 3 * (Math.floor(y) * to.width + Math.floor(x)), from, x - dx, y - dy);
  });
}

/**
 * The lid goes on from what is above the eye, brow or shade, without an edge, and soon is skin as below the eye; where it ends
 * the lashes make a dark line.
 */
function lowerLid(from: RgbImage, to: RgbImage, eye: readonly Point[], closed: number): void {
  const [outer, top1, top2, inner, bottom2, bottom1] = eye as [Point, Point, Point, Point, Point, Point];
  const width = Math.hypot(inner.x - outer.x, inner.y - outer.y);
  const along = { x: (inner.x - outer.x) / width, y: (inner.y - outer.y) / width };
  const centre = { x: (outer.x + inner.x) / 2, y: (outer.y + inner.y) / 2 };
  const local = ({ x, y }: Point): Point => ({
    x: ((x - centre.x) * along.x + (y - centre.y) * along.y) / width,
    y: ((y - centre.y) * along.x - (x - centre.x) * along.y) / width,
  });
  const height = (a: Point, b: Point): number => (local(a).y + local(b).y) / 2;
  // Landmarks at a third and two thirds of the width see 8/9 of a parabola's height.
  const upper = (9 / 8) * height(top1, top2) - LID.lashes;
  const lower = (9 / 8) * height(bottom1, bottom2) + LID.rim;
  const above = new Float32Array(3);
  const below = new Float32Array(3);
  const tap = new Uint8Array(3);
  /** Around a place, along the eye: single lashes and blemishes would become stripes. */
  const skin = (into: Float32Array, x: number, y: number): void => {
    into.fill(0);
    for (const aside of LID.taps) {
      const [dx, dy] = [(x + aside) * width, y * width];
      sampleInto(
        tap,
        0,
        from,
        centre.x + dx * along.x - dy * along.y,
        centre.y + dx * along.y + dy * along.x,
      );
      for (let c = 0; c < 3; c++) into[c]! += tap[c]! / LID.taps.length;
    }
  };
  const reach = 0.8 * width;
  forEachPixel(to, centre.x - reach, centre.y - reach, centre.x + reach, centre.y + reach, (px, py) => {
    const { x, y } = local({ x: px, y: py });
    const bow = 1 - (x / LID.half) ** 2;
    if (bow <= 0) return;
    const top = upper * bow;
    const bottom = lower * bow;
    const lid = top + closed * (bottom - top);
    const opacity = closed * Math.min(1, (y - top) / LID.fade, (lid - y) / LID.soft, bow / 0.3);
    if (opacity <= 0) return;
    skin(below, x, bottom + 0.08);
    skin(above, x, top - 0.02);
    const down = Math.min(1, (y - top) / (LID.shade * (bottom - top)));
    // Closed lids meet in the lower half of the open eye.
    const shade = 1 - 0.55 * Math.exp(-(((y - top - LID.meet * (lid - top)) / 0.045) ** 2));
    const i = 3 * (Math.floor(py) * to.width + Math.floor(px));
    for (let c = 0; c < 3; c++) {
      const colour = shade * (above[c]! + (below[c]! - above[c]!) * down);
      to.data[i + c] = to.data[i + c]! + opacity * (colour - to.data[i + c]!);
    }
  });
}

/**
 * A closed lid, in widths of the eye: how far it covers lashes and rim beyond the landmarks, half its width, its soft lower
 * edge and its softer upper one, and where its colour is looked for; as shares of its height, where the lids meet and
 * down to where it has the colour of what is above.
 */
const LID = {
  lashes: 0.3,
  rim: 0.25,
  half: 0.75,
  soft: 0.05,
  fade: 0.15,
  taps: [-0.24, -0.12, 0, 0.12, 0.24],
  meet: 0.8,
  shade: 0.6,
} as const;

/** Centres of the pixels in a rectangle that lie in the image. */
function forEachPixel(
  image: RgbImage,
  left: number,
  top: number,
  right: number,
  bottom: number,
  visit: (x: number, y: number) => void,
): void {
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(image.height, bottom); y++) {
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(image.width, right); x++) {
      visit(x + 0.5, y + 0.5);
    }
  }
}
