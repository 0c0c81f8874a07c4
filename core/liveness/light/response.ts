import { FACE_REGIONS, type Colour, type FaceRegion, type RegionColours } from '#core/recognition';
import { halvesOf, type Halves, type Show } from './show.ts';

/** A frame of the sequence: its time since the sequence began, in milliseconds, and what was measured in it. */
export interface LightFrame {
  readonly at: number;
  readonly colours: RegionColours;
}

/** How a face answered, fitted to what was shown. */
export interface Response {
  /** Milliseconds from the screen to the picture. */
  readonly delay: number;
  /** Correlation of the colours with what was shown, 0..1. */
  readonly match: number;
  /** Light of the whole screen at full, relative to the room's, mean over the channels; and its standard error. */
  readonly gain: number;
  readonly gainError: number;
  /** Answer of each region to the light of each half, relative to the face's; null for a region that is not seen. */
  readonly answers: Readonly<Record<FaceRegion, Answer | null>>;
}

/** To the light of the left half of the screen and of the right one. */
export interface Answer {
  readonly left: number;
  readonly right: number;
  /** Standard error of either. */
  readonly error: number;
  /** Mean light of the region, linear. */
  readonly light: number;
}

/** Delays that are tried, in milliseconds, and how long a picture is exposed. */
const DELAYS = { most: 420, step: 30 } as const;
const EXPOSURE_MS = 30;

/** Regions that are matched. */
const SKIN = ['forehead', 'leftCheek', 'rightCheek', 'nose', 'chin'] as const;

/** Regions that have to be seen. */
const LEAST_SKIN = 4;

/** What share of a region's light comes from the left half, and from the upper one: of a head half a metre away. */
const SHARES: Readonly<Record<FaceRegion, readonly [left: number, top: number]>> = {
  forehead: [0.5, 0.56],
  leftCheek: [0.62, 0.5],
  rightCheek: [0.38, 0.5],
  nose: [0.5, 0.5],
  chin: [0.5, 0.44],
  brows: [0.5, 0.55],
};

/** Time, channel by channel: what a region showed, or should have shown. */
type Series = readonly Float64Array[];

/**
 * Fit what the frames show to what the screen showed. Colours count relative to the background, which the camera exposes and
 * balances as it does the face, and to the region's own mean, so that skin, room and camera cancel; slow changes of all kinds
 * are taken out.
 * @returns null where too few frames, too little face or too little background are left
 */
export function fitResponse(
  show: Show,
  frames: readonly LightFrame[],
  least: { readonly frames: number; readonly background: number },
): Response | null {
  let best: Fit | null = null;
  for (let delay = 0; delay <= DELAYS.most; delay += DELAYS.step) {
    const fit = fitAt(new Evidence(show, frames, delay, least.background), least.frames);
    if (fit && fit.match > (best?.match ?? -Infinity)) best = fit;
  }
  if (best === null) return null;
  const { evidence, gains, gainError, match } = best;
  return { delay: evidence.delay, match, gain: meanOf(gains), gainError, answers: answersOf(best) };
}

/** The frames that show the sequence if it takes so long from the screen to the picture. */
class Evidence {
  readonly delay: number;
  readonly count: number;
  /** What each region showed, relative to its mean, and that mean. */
  readonly measured = new Map<FaceRegion, { readonly series: Series; readonly light: number }>();
  readonly #halves: readonly Halves[];
  readonly #detrend: (values: readonly number[]) => Float64Array;

  constructor(show: Show, all: readonly LightFrame[], delay: number, leastBackground: number) {
    this.delay = delay;
    const seen = all.flatMap((frame) => {
      const corners = show.between(frame.at - delay - EXPOSURE_MS, frame.at - delay);
      return corners ? [{ ...frame, halves: halvesOf(corners) }] : [];
    });
    this.count = seen.length;
    this.#halves = seen.map(({ halves }) => halves);
    this.#detrend = detrender(seen.map(({ at }) => at));
    const exposure = exposureOf(seen, leastBackground);
    if (exposure === null) return;
    for (const region of FACE_REGIONS) {
      const colours = seen.flatMap(({ colours: { regions } }) => (regions[region] ? [regions[region]] : []));
      if (colours.length < seen.length) continue;
      const means: number[] = [];
      const series = perChannel((channel) => {
        const values = colours.map((colour, t) => colour[channel]! / exposure[channel]![t]!);
        const mean = Math.max(1e-4, meanOf(values));
        means.push(mean);
        return this.#detrend(values.map((value) => value / mean));
      });
      this.measured.set(region, { series, light: meanOf(means) });
    }
  }

  /** What a mixture of the screen's halves emitted. */
  shown(mix: (halves: Halves, channel: number) => number): Series {
    return perChannel((channel) => this.#detrend(this.#halves.map((halves) => mix(halves, channel))));
  }
}

/** Symmetric, 3 x 3: what the channels have in common. */
type Matrix = readonly (readonly number[])[];

interface Fit {
  readonly evidence: Evidence;
  readonly match: number;
  /** Of each channel. */
  readonly gains: readonly number[];
  readonly gainError: number;
  /** Of each region the inverse covariance of what is left unexplained: weights of its channels. */
  readonly weights: ReadonlyMap<FaceRegion, Matrix>;
}

/**
 * Generalised least squares: channels and regions count as little as they are disturbed. A head that sways changes all channels
 * alike, so that the difference between channels tells most.
 */
function fitAt(evidence: Evidence, leastFrames: number): Fit | null {
  const skin = SKIN.filter((region) => evidence.measured.has(region));
  if (evidence.count < leastFrames || skin.length < LEAST_SKIN) return null;
  const regions = skin.map((region) => {
    const [left, top] = SHARES[region];
    // Either division of the screen adds up to all of it.
    const shown = evidence.shown(
      (halves, c) =>
        left * halves.left[c]! +
        (1 - left) * halves.right[c]! +
        (top - 0.5) * (halves.top[c]! - halves.bottom[c]!),
    );
    const { series } = evidence.measured.get(region)!;
    return { region, pp: products(shown, shown), pv: products(shown, series), vv: products(series, series) };
  });
  let gains: readonly number[] = [0, 0, 0];
  let weights: readonly Matrix[] = regions.map(() => IDENTITY);
  let normal = IDENTITY;
  let explained = 0;
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) weights = weighted(regions.map((region) => leftOf(region, gains, evidence.count)));
    normal = sum(regions.map(({ pp }, i) => times(weights[i]!, pp)));
    const answer = CHANNELS.map((c) =>
      regions.reduce(
        (all, { pv }, i) => all + CHANNELS.reduce((part, d) => part + weights[i]![c]![d]! * pv[c]![d]!, 0),
        0,
      ),
    );
    gains = solvePositive(normal, answer);
    explained = gains.reduce((all, gain, c) => all + gain * answer[c]!, 0);
  }
  const total = regions.reduce(
    (all, { vv }, i) => all + CHANNELS.reduce((part, c) => part + dotOf(weights[i]![c]!, vv[c]!), 0),
    0,
  );
  return {
    evidence,
    gains,
    // What disturbs the regions of one frame is much the same for all: it counts once.
    gainError: Math.sqrt(
      (inverse(normal)
        .flat()
        .reduce((all, value) => all + value, 0) *
        regions.length) /
        9,
    ),
    match: Math.sqrt(Math.max(0, explained) / Math.max(1e-12, total)),
    weights: new Map(FACE_REGIONS.map((region) => [region, weightsOf(evidence, region)])),
  };
}

/** Rounds of fitting and weighting. */
const ROUNDS = 3;
const CHANNELS: readonly number[] = [0, 1, 2];
const IDENTITY: Matrix = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
/** Variance that nothing falls below: what a camera's steps and JPEG leave. */
const LEAST_VARIANCE = 1e-6;

/** Covariance of what a region shows beyond the gains. */
function leftOf(
  { pp, pv, vv }: { readonly pp: Matrix; readonly pv: Matrix; readonly vv: Matrix },
  gains: readonly number[],
  count: number,
): Matrix {
  const free = Math.max(1, count - TREND - 1);
  return CHANNELS.map((c) =>
    CHANNELS.map((d) => {
      const left =
        vv[c]![d]! - gains[c]! * pv[c]![d]! - gains[d]! * pv[d]![c]! + gains[c]! * gains[d]! * pp[c]![d]!;
      return left / free + (c === d ? LEAST_VARIANCE : 0);
    }),
  );
}

/**
 * Weights of regions, each by how much it is disturbed. What disturbs a face is movement, which changes all channels alike: by
 * how much more than each alone is set, not fitted, since a wrong sequence must not choose what is left out of account.
 */
function weighted(covariances: readonly Matrix[]): Matrix[] {
  const shape = CHANNELS.map((c) => CHANNELS.map((d) => ALIKE + (c === d ? 1 : 0)));
  return covariances.map((covariance) => {
    const size = CHANNELS.reduce((all, c) => all + covariance[c]![c]!, 0);
    return inverse(scaled(shape, size / (CHANNELS.length * (1 + ALIKE))));
  });
}

/** Variance that the channels have in common, of what each has by itself. */
const ALIKE = 12;

/** By what is left of each channel when it answers as it likes. */
function weightsOf(evidence: Evidence, region: FaceRegion): Matrix {
  const measured = evidence.measured.get(region);
  if (!measured) return IDENTITY;
  const shown = evidence.shown((halves, c) => (halves.left[c]! + halves.right[c]!) / 2);
  const { series } = measured;
  const own = { pp: products(shown, shown), pv: products(shown, series), vv: products(series, series) };
  const gains = CHANNELS.map((c) => own.pv[c]![c]! / own.pp[c]![c]!);
  return inverse(leftOf(own, gains, evidence.count));
}

function answersOf({ evidence, gains, weights }: Fit): Response['answers'] {
  const shown = (half: keyof Halves): Series => evidence.shown((halves, c) => gains[c]! * halves[half][c]!);
  const [left, right] = [shown('left'), shown('right')];
  const answer = (region: FaceRegion): Answer | null => {
    const measured = evidence.measured.get(region);
    if (!measured) return null;
    const weight = weights.get(region)!;
    const weighted = (a: Series, b: Series): number =>
      CHANNELS.reduce((all, c) => all + dotOf(weight[c]!, products(a, b)[c]!), 0);
    const [ll, lr, rr] = [weighted(left, left), weighted(left, right), weighted(right, right)];
    const [vl, vr] = [weighted(measured.series, left), weighted(measured.series, right)];
    const determinant = ll * rr - lr * lr;
    return {
      left: (vl * rr - vr * lr) / determinant,
      right: (vr * ll - vl * lr) / determinant,
      error: Math.sqrt((ll + rr) / 2 / determinant),
      light: measured.light,
    };
  };
  return Object.fromEntries(FACE_REGIONS.map((region) => [region, answer(region)])) as Response['answers'];
}

/** Light of a square of the background that the camera tells: neither noise nor clipped. */
const TELLING = [0.01, 0.85] as const;

/** The camera's exposure and white balance of each frame, by channel: the median over the background's squares. */
function exposureOf(frames: readonly LightFrame[], least: number): number[][] | null {
  const [first] = frames;
  const squares = (first?.colours.background ?? []).flatMap((_, i) => {
    const colours = frames.map(({ colours: { background } }) => background[i]);
    const tells = colours.every(
      (colour) => colour && Math.min(...colour) >= TELLING[0] && Math.max(...colour) <= TELLING[1],
    );
    return tells ? [colours as Colour[]] : [];
  });
  if (squares.length < least) return null;
  return [0, 1, 2].map((channel) => {
    const relative = squares.map((colours) => {
      const mean = meanOf(colours.map((colour) => colour[channel]!));
      return colours.map((colour) => colour[channel]! / mean);
    });
    return frames.map((_, t) => median(relative.map((square) => square[t]!)));
  });
}

/** What is taken out of every series: a parabola over time. */
const TREND = 3;

/** @returns what takes a parabola out of a series, by an orthonormal basis (Gram and Schmidt) */
function detrender(times: readonly number[]): (values: readonly number[]) => Float64Array {
  const from = times[0] ?? 0;
  const span = Math.max(1, (times.at(-1) ?? 0) - from);
  const basis: Float64Array[] = [];
  for (let power = 0; power < TREND; power++) {
    const vector = Float64Array.from(times, (time) => ((time - from) / span) ** power);
    for (const unit of basis) subtract(vector, unit, dot(vector, unit));
    const length = Math.sqrt(dot(vector, vector));
    if (length > 1e-9) basis.push(vector.map((value) => value / length));
  }
  return (values) => {
    const result = Float64Array.from(values);
    for (const unit of basis) subtract(result, unit, dot(result, unit));
    return result;
  };
}

/** Sums of products over time, channel by channel. */
const products = (a: Series, b: Series): Matrix =>
  CHANNELS.map((c) => CHANNELS.map((d) => dot(a[c]!, b[d]!)));

const scaled = (matrix: Matrix, by: number): Matrix => matrix.map((row) => row.map((value) => value * by));
const times = (a: Matrix, b: Matrix): Matrix => a.map((row, c) => row.map((value, d) => value * b[c]![d]!));
const sum = (all: readonly Matrix[]): Matrix =>
  CHANNELS.map((c) => CHANNELS.map((d) => all.reduce((part, matrix) => part + matrix[c]![d]!, 0)));
const dotOf = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((all, value, i) => all + value * b[i]!, 0);

/** Of a symmetric matrix, by its cofactors. */
function inverse(matrix: Matrix): Matrix {
  const [a, b, c, , d, e, , , f] = matrix.flat();
  const [A, B, C] = [d! * f! - e! * e!, c! * e! - b! * f!, b! * e! - c! * d!];
  const determinant = a! * A + b! * B + c! * C;
  const rows = [
    [A, B, C],
    [B, a! * f! - c! * c!, b! * c! - a! * e!],
    [C, b! * c! - a! * e!, a! * d! - b! * b!],
  ];
  return rows.map((row) => row.map((value) => value / determinant));
}

/** Least squares with no gain below 0: light adds. Channels that would be are left out, one by one. */
function solvePositive(normal: Matrix, answer: readonly number[]): number[] {
  const kept = new Set<number>(CHANNELS);
  for (;;) {
    const reduced = CHANNELS.map((c) =>
      CHANNELS.map((d) => (kept.has(c) && kept.has(d) ? normal[c]![d]! : c === d ? 1 : 0)),
    );
    const solved = inverse(reduced).map((row) =>
      dotOf(
        row,
        answer.map((value, c) => (kept.has(c) ? value : 0)),
      ),
    );
    const worst = solved.indexOf(Math.min(...solved));
    if (solved[worst]! >= 0) return solved;
    kept.delete(worst);
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function subtract(from: Float64Array, vector: Float64Array, times: number): void {
  for (let i = 0; i < from.length; i++) from[i]! -= times * vector[i]!;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const perChannel = (of: (channel: number) => Float64Array): Series => CHANNELS.map(of);
const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
