import { FACE_REGIONS, type Colour, type FaceRegion } from '#core/recognition';
import { TREND, type Evidence, type Lights } from './evidence.ts';
import { CHANNELS, dotOf, IDENTITY, inner, inverse, scaled, square, type Matrix } from './matrix.ts';
import type { Halves } from './show.ts';

/** How well a sequence explains what a face showed. */
export interface Fit {
  /** Correlation of the colours with what was shown, 0..1. */
  readonly match: number;
  /** Of each channel: light of the whole screen at full, relative to the room's. */
  readonly gains: readonly number[];
  /** Standard error of their mean. */
  readonly gainError: number;
}

/** Regions that are matched. */
const SKIN = ['forehead', 'leftCheek', 'rightCheek', 'nose', 'chin'] as const;

/** Regions that have to be seen. */
const LEAST_SKIN = 4;

/** What share of a region's light comes from the left half, and from the upper one: of a head half a metre away. */
const SHARES: Readonly<Record<(typeof SKIN)[number], readonly [left: number, top: number]>> = {
  forehead: [0.5, 0.56],
  leftCheek: [0.62, 0.5],
  rightCheek: [0.38, 0.5],
  nose: [0.5, 0.5],
  chin: [0.5, 0.44],
};

/** Rounds of fitting and weighting. */
const ROUNDS = 3;

/** Variance that nothing falls below: what a camera's steps and JPEG leave. */
const LEAST_VARIANCE = 1e-6;

/** Sums of products over the frames, of what was shown (p) and of what a region showed (v), channel by channel. */
interface Products {
  readonly pp: Matrix;
  readonly pv: Matrix;
  readonly vv: Matrix;
}

/**
 * Generalised least squares: channels and regions count as little as they are disturbed. A head that sways changes all channels
 * alike, so that the difference between channels tells most.
 * @param sequence what the screen emits in each slot
 * @returns null where too few frames or too little face are left, or the frames show too few of the slots to tell
 */
export function fitSequence(
  evidence: Evidence,
  sequence: readonly Halves[],
  leastFrames: number,
): Fit | null {
  const skin = SKIN.filter((region) => evidence.measured.has(region));
  if (evidence.count < leastFrames || skin.length < LEAST_SKIN) return null;
  const regions = skin.map((region): Products => {
    const measured = evidence.measured.get(region)!;
    const lights = sequence.map((halves) => lightOn(region, halves));
    return {
      pp: evidence.products(lights, lights),
      pv: evidence.productsWith(lights, measured),
      vv: measured.power,
    };
  });
  let gains: readonly number[] = [0, 0, 0];
  let weights: readonly Matrix[] = regions.map(() => IDENTITY);
  let normal = IDENTITY;
  let explained = 0;
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) weights = regions.map((region) => weightOf(leftOf(region, gains, evidence.count)));
    normal = square((c, d) => sumOf(regions, ({ pp }, i) => weights[i]![c]![d]! * pp[c]![d]!));
    const answer = CHANNELS.map((c) => sumOf(regions, ({ pv }, i) => dotOf(weights[i]![c]!, pv[c]!)));
    gains = solvePositive(normal, answer);
    explained = dotOf(gains, answer);
  }
  const total = sumOf(regions, ({ vv }, i) => inner(weights[i]!, vv));
  const match = Math.sqrt(Math.max(0, explained) / Math.max(1e-12, total));
  if (!Number.isFinite(match)) return null;
  // What disturbs the regions of one frame is much the same for all: it counts once.
  const gainError = Math.sqrt((inner(inverse(normal), ONES) * regions.length) / 9);
  return { match, gains, gainError };
}

const ONES: Matrix = square(() => 1);

/** What a region is lit by. Either division of the screen adds up to all of it. */
function lightOn(region: (typeof SKIN)[number], { left, right, top, bottom }: Halves): Colour {
  const [ofLeft, ofTop] = SHARES[region];
  return CHANNELS.map(
    (c) => ofLeft * left[c]! + (1 - ofLeft) * right[c]! + (ofTop - 0.5) * (top[c]! - bottom[c]!),
  ) as unknown as Colour;
}

/** Covariance of what a region shows beyond the gains. */
function leftOf({ pp, pv, vv }: Products, gains: readonly number[], count: number): Matrix {
  const free = Math.max(1, count - TREND - 1);
  return square((c, d) => {
    const left =
      vv[c]![d]! - gains[c]! * pv[c]![d]! - gains[d]! * pv[d]![c]! + gains[c]! * gains[d]! * pp[c]![d]!;
    return left / free + (c === d ? LEAST_VARIANCE : 0);
  });
}

/**
 * Weight of a region, by how much it is disturbed. What disturbs a face is movement, which changes all channels alike: by
 * how much more than each alone is set, not fitted, since a wrong sequence must not choose what is left out of account.
 */
function weightOf(covariance: Matrix): Matrix {
  const size = inner(covariance, IDENTITY);
  return scaled(UNDISTURBED, (CHANNELS.length * (1 + ALIKE)) / size);
}

/** Variance that the channels have in common, of what each has by itself. */
const ALIKE = 12;
const UNDISTURBED = inverse(square((c, d) => ALIKE + (c === d ? 1 : 0)));

/** Answer of a region to the light of each half, relative to the face's. */
export interface Answer {
  readonly left: number;
  readonly right: number;
  /** Standard error of either. */
  readonly error: number;
  /** Mean light of the region, linear. */
  readonly light: number;
}

/** @param gains of the face; null for a region that is not seen */
export function answersOf(
  evidence: Evidence,
  sequence: readonly Halves[],
  gains: readonly number[],
): Readonly<Record<FaceRegion, Answer | null>> {
  const lights = (half: 'left' | 'right'): Lights =>
    sequence.map((halves) => CHANNELS.map((c) => gains[c]! * halves[half][c]!) as unknown as Colour);
  const [left, right] = [lights('left'), lights('right')];
  const screen = sequence.map(
    (halves) => CHANNELS.map((c) => (halves.left[c]! + halves.right[c]!) / 2) as unknown as Colour,
  );
  const products = {
    ll: evidence.products(left, left),
    lr: evidence.products(left, right),
    rr: evidence.products(right, right),
    screen: evidence.products(screen, screen),
  };
  const answer = (region: FaceRegion): Answer | null => {
    const measured = evidence.measured.get(region);
    if (!measured) return null;
    // Here each region is weighted by what is left of each channel when it answers as it likes.
    const own = { pp: products.screen, pv: evidence.productsWith(screen, measured), vv: measured.power };
    const ownGains = CHANNELS.map((c) => own.pv[c]![c]! / own.pp[c]![c]!);
    const weight = inverse(leftOf(own, ownGains, evidence.count));
    const [ll, lr, rr] = [products.ll, products.lr, products.rr].map((each) => inner(weight, each));
    const [vl, vr] = [left, right].map((each) => inner(weight, evidence.productsWith(each, measured)));
    const determinant = ll! * rr! - lr! * lr!;
    return {
      left: (vl! * rr! - vr! * lr!) / determinant,
      right: (vr! * ll! - vl! * lr!) / determinant,
      error: Math.sqrt((ll! + rr!) / 2 / determinant),
      light: measured.light,
    };
  };
  return Object.fromEntries(FACE_REGIONS.map((region) => [region, answer(region)])) as Record<
    FaceRegion,
    Answer | null
  >;
}

/** Least squares with no gain below 0: light adds. Channels that would be are left out, one by one. */
function solvePositive(normal: Matrix, answer: readonly number[]): number[] {
  const kept = new Set<number>(CHANNELS);
  for (;;) {
    const reduced = square((c, d) => (kept.has(c) && kept.has(d) ? normal[c]![d]! : c === d ? 1 : 0));
    const wanted = answer.map((value, c) => (kept.has(c) ? value : 0));
    const solved = inverse(reduced).map((row) => dotOf(row, wanted));
    const worst = solved.findIndex((gain) => gain < 0 && gain === Math.min(...solved));
    // What cannot be solved, since frames show too little of the sequence, is not a number.
    if (worst < 0) return solved;
    kept.delete(worst);
  }
}

const sumOf = <T>(items: readonly T[], value: (item: T, i: number) => number): number =>
  items.reduce((sum, item, i) => sum + value(item, i), 0);
