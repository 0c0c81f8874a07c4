/** Side of an aligned face, in pixels. */
const SIDE = 112;
const HALF = SIDE / 2;

/** The part of an aligned face that is skin, eyes and mouth whatever the hair: an ellipse. */
const FACE = { x: 56, y: 68, halfWidth: 34, halfHeight: 42 } as const;

/** Luma below which shadows, and above which highlights, hold no detail (of 0..255). */
const DARK = 25;
const BRIGHT = 245;

/** What the pixels of an aligned face say; luma is ITU-R BT.601 in 0..255. */
export interface FaceLight {
  readonly meanLuma: number;
  /** Standard deviation of luma. */
  readonly contrast: number;
  /** Shares of the face, 0..1, that are nearly black and nearly white. */
  readonly darkShare: number;
  readonly brightShare: number;
  /** Difference between the mean luma of both halves of the face over their sum, 0..1. */
  readonly imbalance: number;
  /**
   * Fine detail relative to contrast: variance of the Laplacian of the face at half size over the variance of luma.
   * At half size the eyes are 18 pixels apart, so that even a small face shows there whether it is in focus.
   */
  readonly detail: number;
}

/** @param aligned planes R, G, B of a face of 112 x 112 pixels, 0..255 */
export function measureLight(aligned: Float32Array): FaceLight {
  const luma = toLuma(aligned);
  const [left, right] = [new Moments(), new Moments()];
  let dark = 0;
  let bright = 0;
  for (let y = 0; y < SIDE; y++) {
    const reach = reachAt(y + 0.5);
    for (let x = Math.round(FACE.x - reach); x < Math.round(FACE.x + reach); x++) {
      const value = luma[y * SIDE + x]!;
      (x < FACE.x ? left : right).add(value);
      if (value < DARK) dark++;
      else if (value > BRIGHT) bright++;
    }
  }
  const face = left.with(right);
  return {
    meanLuma: face.mean,
    contrast: Math.sqrt(face.variance),
    darkShare: dark / face.count,
    brightShare: bright / face.count,
    imbalance: Math.abs(left.mean - right.mean) / Math.max(1, left.mean + right.mean),
    detail: laplacianOf(halve(luma)).variance / Math.max(1, face.variance),
  };
}

/** How far the face reaches to either side at height y. */
function reachAt(y: number): number {
  const v = (y - FACE.y) / FACE.halfHeight;
  return v * v >= 1 ? 0 : FACE.halfWidth * Math.sqrt(1 - v * v);
}

/** Of the face's pixels in a luma image of half size. */
function laplacianOf(luma: Float32Array): Moments {
  const moments = new Moments();
  for (let y = 1; y < HALF - 1; y++) {
    const reach = reachAt(2 * y + 1) / 2;
    for (let x = Math.round(HALF / 2 - reach); x < Math.round(HALF / 2 + reach); x++) {
      const i = y * HALF + x;
      moments.add(luma[i - 1]! + luma[i + 1]! + luma[i - HALF]! + luma[i + HALF]! - 4 * luma[i]!);
    }
  }
  return moments;
}

function toLuma(rgb: Float32Array): Float32Array {
  const plane = SIDE * SIDE;
  const luma = new Float32Array(plane);
  for (let i = 0; i < plane; i++) {
    luma[i] = 0.299 * rgb[i]! + 0.587 * rgb[i + plane]! + 0.114 * rgb[i + 2 * plane]!;
  }
  return luma;
}

/** Means of 2 x 2 pixels. */
function halve(luma: Float32Array): Float32Array {
  const half = new Float32Array(HALF * HALF);
  for (let y = 0; y < HALF; y++) {
    for (let x = 0; x < HALF; x++) {
      const i = 2 * y * SIDE + 2 * x;
      half[y * HALF + x] = (luma[i]! + luma[i + 1]! + luma[i + SIDE]! + luma[i + SIDE + 1]!) / 4;
    }
  }
  return half;
}

/** Count, mean and variance of numbers given one by one. */
class Moments {
  count = 0;
  #sum = 0;
  #squares = 0;

  add(x: number): void {
    this.count++;
    this.#sum += x;
    this.#squares += x * x;
  }

  with(other: Moments): Moments {
    const both = new Moments();
    both.count = this.count + other.count;
    both.#sum = this.#sum + other.#sum;
    both.#squares = this.#squares + other.#squares;
    return both;
  }

  get mean(): number {
    return this.#sum / this.count;
  }

  get variance(): number {
    return Math.max(0, this.#squares / this.count - this.mean ** 2);
  }
}
