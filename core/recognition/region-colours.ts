import type { View } from './raster.ts';
import type { Similarity } from './transform.ts';
import type { Point } from './types.ts';

/** Red, green and blue in linear light, 0..1. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Parts of a face whose colour is measured. Left and right are the person's own. */
export const FACE_REGIONS = ['forehead', 'leftCheek', 'rightCheek', 'nose', 'chin', 'brows'] as const;
export type FaceRegion = (typeof FACE_REGIONS)[number];

/** What colour a face and its background have in a picture. */
export interface RegionColours {
  /** Mean of each part; null where it is not in the picture. */
  readonly regions: Readonly<Record<FaceRegion, Colour | null>>;
  /** Share of the face's skin, 0..1, that is as bright as the camera can tell. */
  readonly clipped: number;
  /** Means of {@link BLOCKS} squares of the picture, row by row; null where the head or the body may be. */
  readonly background: readonly (Colour | null)[];
}

/** The background is measured in so many squares. */
export const BLOCKS = { across: 16, down: 12 } as const;

/** The face is looked at with so many pixels between the eyes, and so far around their middle, in eyes' distances. */
const EYES_PIXELS = 28;
const REACH = { side: 1.5, up: 1.2, down: 2 } as const;
const WIDTH = Math.round(2 * REACH.side * EYES_PIXELS);
const HEIGHT = Math.round((REACH.up + REACH.down) * EYES_PIXELS);

/** From this value of a channel on, of 255, a camera cannot tell more light from less. */
const CLIPPED = 250;

/** Head and body in the picture, in eyes' distances from their middle: half the width, above, and from where the body begins. */
const HEAD = { side: 1.9, up: 2.4, body: 1.2 } as const;

/**
 * Measure the colours of a face's parts and of its background.
 * @param landmarks 68 points in the iBUG order, in pixels of the image
 */
export function measureRegions(image: View, landmarks: readonly Point[]): RegionColours {
  const [rightEye, leftEye] = [middleOf(landmarks.slice(36, 42)), middleOf(landmarks.slice(42, 48))];
  const centre = middleOf([rightEye, leftEye]);
  const a = (leftEye.x - rightEye.x) / EYES_PIXELS;
  const b = (leftEye.y - rightEye.y) / EYES_PIXELS;
  const [x0, y0] = [-REACH.side * EYES_PIXELS, -REACH.up * EYES_PIXELS];
  const toImage: Similarity = {
    a,
    b,
    tx: centre.x + a * x0 - b * y0,
    ty: centre.y + b * x0 + a * y0,
  };
  const planes = image.sample(toImage, WIDTH, HEIGHT);
  const scale = a * a + b * b;
  const toFace = ({ x, y }: Point): Point => ({
    x: (a * (x - toImage.tx) + b * (y - toImage.ty)) / scale,
    y: (a * (y - toImage.ty) - b * (x - toImage.tx)) / scale,
  });
  const inImage = (x: number, y: number): boolean => {
    const [px, py] = [a * x - b * y + toImage.tx, b * x + a * y + toImage.ty];
    return px >= 0 && py >= 0 && px < image.width && py < image.height;
  };
  const outlines = outlinesOf(landmarks.map(toFace));
  const skin = new Tally();
  const regions = {} as Record<FaceRegion, Colour | null>;
  for (const region of FACE_REGIONS) {
    const tally = new Tally();
    for (const outline of outlines[region]) addInside(tally, planes, outline, inImage);
    regions[region] = tally.mean;
    if (region !== 'brows') skin.addAll(tally);
  }
  return {
    regions,
    clipped: skin.clippedShare,
    background: backgroundOf(image, centre, Math.hypot(a, b) * EYES_PIXELS),
  };
}

/** The parts as polygons, in pixels of the face as it is looked at. */
function outlinesOf(points: readonly Point[]): Readonly<Record<FaceRegion, readonly Point[][]>> {
  const at = (...ids: readonly number[]): Point[] => ids.map((id) => points[id]!);
  /** Above the brows, as far as hair seldom reaches. */
  const brow = middleOf(at(19, 24));
  const [left, right] = [points[25]!.x, points[18]!.x];
  const forehead = [
    { x: right, y: brow.y - 0.18 * EYES_PIXELS },
    { x: left, y: brow.y - 0.18 * EYES_PIXELS },
    { x: left, y: brow.y - 0.45 * EYES_PIXELS },
    { x: right, y: brow.y - 0.45 * EYES_PIXELS },
  ];
  const around = ({ x, y }: Point): Point[] => {
    const [w, h] = [0.12 * EYES_PIXELS, 0.05 * EYES_PIXELS];
    return [
      { x: x - w, y: y - h },
      { x: x + w, y: y - h },
      { x: x + w, y: y + h },
      { x: x - w, y: y + h },
    ];
  };
  return {
    forehead: [forehead],
    rightCheek: [shrunk(at(1, 41, 31, 48, 4), 0.75)],
    leftCheek: [shrunk(at(15, 46, 35, 54, 12), 0.75)],
    nose: [shrunk(at(27, 31, 35), 0.85)],
    chin: [shrunk(at(58, 56, 10, 8, 6), 0.75)],
    brows: at(18, 19, 20, 23, 24, 25).map(around),
  };
}

/** Away from the edges, which move more than the middle. */
function shrunk(outline: readonly Point[], share: number): Point[] {
  const centre = middleOf(outline);
  return outline.map(({ x, y }) => ({
    x: centre.x + share * (x - centre.x),
    y: centre.y + share * (y - centre.y),
  }));
}

function addInside(
  tally: Tally,
  planes: Float32Array,
  outline: readonly Point[],
  inImage: (x: number, y: number) => boolean,
): void {
  const [xs, ys] = [outline.map(({ x }) => x), outline.map(({ y }) => y)];
  const plane = WIDTH * HEIGHT;
  for (let y = Math.max(0, Math.floor(Math.min(...ys))); y < Math.min(HEIGHT, Math.max(...ys)); y++) {
    for (let x = Math.max(0, Math.floor(Math.min(...xs))); x < Math.min(WIDTH, Math.max(...xs)); x++) {
      if (!isInside(outline, x + 0.5, y + 0.5) || !inImage(x + 0.5, y + 0.5)) continue;
      const i = y * WIDTH + x;
      tally.add(planes[i]!, planes[i + plane]!, planes[i + 2 * plane]!);
    }
  }
}

/** Whether a ray to the right crosses the outline an odd number of times. */
function isInside(outline: readonly Point[], x: number, y: number): boolean {
  let inside = false;
  for (const [i, p] of outline.entries()) {
    const q = outline[(i + 1) % outline.length]!;
    if (p.y > y !== q.y > y && x < p.x + ((y - p.y) * (q.x - p.x)) / (q.y - p.y)) inside = !inside;
  }
  return inside;
}

function backgroundOf(image: View, eyes: Point, unit: number): (Colour | null)[] {
  const { across, down } = BLOCKS;
  /** Two samples to a square each way; what they are made of is reduced, so that every pixel counts. */
  const step = image.width / (2 * across);
  const rows = Math.ceil(image.height / step);
  const planes = image.sample({ a: step, b: 0, tx: 0, ty: 0 }, 2 * across, rows);
  const plane = 2 * across * rows;
  return Array.from({ length: across * down }, (_, block) => {
    const [column, row] = [block % across, Math.floor(block / across)];
    const x = ((column + 0.5) * image.width) / across;
    const y = ((row + 0.5) * image.height) / down;
    const isHead = Math.abs(x - eyes.x) < HEAD.side * unit && y > eyes.y - HEAD.up * unit;
    if (isHead || y > eyes.y + HEAD.body * unit) return null;
    const tally = new Tally();
    for (const [dx, dy] of QUARTERS) {
      const i = Math.min(rows - 1, Math.floor(y / step + dy)) * 2 * across + 2 * column + dx;
      tally.add(planes[i]!, planes[i + plane]!, planes[i + 2 * plane]!);
    }
    return tally.mean;
  });
}

const QUARTERS = [
  [0, -0.5],
  [1, -0.5],
  [0, 0.5],
  [1, 0.5],
] as const;

/** Means of colours, in linear light, and how many are clipped. */
class Tally {
  #count = 0;
  #clipped = 0;
  readonly #sums = [0, 0, 0] as [number, number, number];

  /** A pixel in sRGB, 0..255. */
  add(red: number, green: number, blue: number): void {
    this.#count++;
    if (Math.max(red, green, blue) >= CLIPPED) this.#clipped++;
    this.#sums[0] += toLinear(red);
    this.#sums[1] += toLinear(green);
    this.#sums[2] += toLinear(blue);
  }

  addAll(other: Tally): void {
    this.#count += other.#count;
    this.#clipped += other.#clipped;
  }

  get mean(): Colour | null {
    const [red, green, blue] = this.#sums;
    return this.#count === 0 ? null : [red / this.#count, green / this.#count, blue / this.#count];
  }

  get clippedShare(): number {
    return this.#count === 0 ? 0 : this.#clipped / this.#count;
  }
}

/** From sRGB, 0..255, to linear light, 0..1. (IEC 61966-2-1.) */
export function toLinear(value: number): number {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function middleOf(points: readonly Point[]): Point {
  return {
    x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
    y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
  };
}
