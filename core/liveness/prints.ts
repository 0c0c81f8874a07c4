import { LeastSquares } from '#contract';
import { PRINT_SIDE } from '#core/recognition';

/** The part of a print that is compared: the face without its border, where hair and background move by themselves. */
const FROM = 8;
const TO = PRINT_SIDE - 4;
/** Registration looks at every second pixel each way, the difference at all. */
const STEP = 2;
const ROUNDS = 5;
const CENTRE = PRINT_SIDE / 2;

/** From a print to another: x' = scale x - turn y + shiftX and so on around the centre; luma' = gain luma + offset. */
interface Registration {
  readonly scale: number;
  readonly turn: number;
  readonly shiftX: number;
  readonly shiftY: number;
  readonly gain: number;
  readonly offset: number;
}

/** Unregistered prints further apart than this are no copies of each other, as measured (docs/liveness.md). */
const FAR = 0.35;

/**
 * How much two prints of a face differ beyond a shift, turn or scale within the picture and a change of brightness and
 * contrast: the root mean square of what is left after registering one onto the other (Lucas and Kanade, 1981), over the
 * standard deviation of the first. 0 for copies, about 1 for unrelated pictures. Prints that are far apart as they are
 * are not registered: then the result is an upper bound.
 */
export function printDifference(a: Uint8Array, b: Uint8Array): number {
  const [from, to] = [moments(a), moments(b)];
  const contrast = Math.max(1, from.deviation);
  const gain = to.deviation / contrast;
  let registration: Registration = {
    scale: 1,
    turn: 0,
    shiftX: 0,
    shiftY: 0,
    gain,
    offset: to.mean - gain * from.mean,
  };
  let best = residual(a, b, registration) / contrast;
  if (best > FAR) return best;
  for (let round = 0; round < ROUNDS; round++) {
    registration = improve(a, b, registration);
    best = Math.min(best, residual(a, b, registration) / contrast);
  }
  return best;
}

/** One Gauss-Newton step. */
function improve(a: Uint8Array, b: Uint8Array, r: Registration): Registration {
  const equations = new LeastSquares(6);
  for (let v = FROM; v < TO; v += STEP) {
    for (let u = FROM; u < TO; u += STEP) {
      const [x, y] = [u - CENTRE, v - CENTRE];
      const sx = r.scale * x - r.turn * y + r.shiftX + CENTRE;
      const sy = r.turn * x + r.scale * y + r.shiftY + CENTRE;
      const gx = (at(b, sx + 1, sy) - at(b, sx - 1, sy)) / 2;
      const gy = (at(b, sx, sy + 1) - at(b, sx, sy - 1)) / 2;
      const own = a[v * PRINT_SIDE + u]!;
      equations.add(
        [gx * x + gy * y, gy * x - gx * y, gx, gy, -own, -1],
        r.gain * own + r.offset - at(b, sx, sy),
      );
    }
  }
  const [scale, turn, shiftX, shiftY, gain, offset] = equations.solve() as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    scale: r.scale + scale,
    turn: r.turn + turn,
    shiftX: r.shiftX + shiftX,
    shiftY: r.shiftY + shiftY,
    gain: r.gain + gain,
    offset: r.offset + offset,
  };
}

/** Root mean square of the difference in luma; infinite for a registration that is not finite. */
function residual(a: Uint8Array, b: Uint8Array, r: Registration): number {
  let squares = 0;
  for (let v = FROM; v < TO; v++) {
    for (let u = FROM; u < TO; u++) {
      const [x, y] = [u - CENTRE, v - CENTRE];
      const value = at(
        b,
        r.scale * x - r.turn * y + r.shiftX + CENTRE,
        r.turn * x + r.scale * y + r.shiftY + CENTRE,
      );
      squares += (r.gain * a[v * PRINT_SIDE + u]! + r.offset - value) ** 2;
    }
  }
  const rms = Math.sqrt(squares) / (TO - FROM);
  return Number.isNaN(rms) ? Infinity : rms;
}

/** Luma between pixels, bilinear; the border goes on outside. */
function at(print: Uint8Array, x: number, y: number): number {
  const limit = PRINT_SIDE - 1.001;
  const px = Math.min(Math.max(x, 0), limit);
  const py = Math.min(Math.max(y, 0), limit);
  const x0 = Math.floor(px);
  const y0 = Math.floor(py);
  const fx = px - x0;
  const fy = py - y0;
  const i = y0 * PRINT_SIDE + x0;
  const top = print[i]! * (1 - fx) + print[i + 1]! * fx;
  const bottom = print[i + PRINT_SIDE]! * (1 - fx) + print[i + PRINT_SIDE + 1]! * fx;
  return top * (1 - fy) + bottom * fy;
}

/**
 * Detail across the eyes: root mean square of the horizontal change of luma around both eyes, over the standard
 * deviation of the face. Iris and white make it; a lid has none.
 */
export function eyeDetail(print: Uint8Array): number {
  let squares = 0;
  let count = 0;
  for (const centre of EYES) {
    for (let y = centre.y - 3; y <= centre.y + 2; y++) {
      for (let x = centre.x - 5; x <= centre.x + 5; x++) {
        const i = y * PRINT_SIDE + x;
        squares += (print[i + 1]! - print[i - 1]!) ** 2;
        count++;
      }
    }
  }
  return Math.sqrt(squares / count) / Math.max(1, moments(print).deviation);
}

/**
 * How much darker each eye is than the face: of its darkest third of pixels, in standard deviations of the face. Pupil, iris
 * and lashes make it; of a lid only the lashes are dark.
 */
export function eyeDarkness(print: Uint8Array): [left: number, right: number] {
  const face = moments(print);
  return EYES.map((centre) => {
    const values: number[] = [];
    for (let y = centre.y - 2; y <= centre.y + 2; y++) {
      for (let x = centre.x - 4; x <= centre.x + 4; x++) values.push(print[y * PRINT_SIDE + x]!);
    }
    const darkest = values.toSorted((a, b) => a - b).slice(0, values.length / 3);
    const luma = darkest.reduce((sum, value) => sum + value, 0) / darkest.length;
    return (face.mean - luma) / Math.max(1, face.deviation);
  }) as [number, number];
}

/** Pixels of a print that hold the centres of the eyes: half the coordinates of an aligned face. */
const EYES = [
  { x: 19, y: 26 },
  { x: 37, y: 26 },
] as const;

/** Of the luma in the part that is compared. */
function moments(print: Uint8Array): { mean: number; deviation: number } {
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let v = FROM; v < TO; v++) {
    for (let u = FROM; u < TO; u++) {
      const value = print[v * PRINT_SIDE + u]!;
      sum += value;
      squares += value * value;
      count++;
    }
  }
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean ** 2)) };
}
