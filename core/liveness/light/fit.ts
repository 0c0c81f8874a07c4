import { FACE_REGIONS, type Colour, type FaceRegion } from '#core/recognition';
import { TREND, type Evidence, type Lights } from './evidence.ts';
import { CHANNELS, dotOf, IDENTITY, inverse, square, type Matrix } from './matrix.ts';
import type { Halves } from './show.ts';

/** How well a sequence explains what a face showed. */
export interface Fit {
  /** Correlation of the colours with what was shown, 0..1; NaN where the frames show too few of the slots to tell. */
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

/** What the screen emits in a slot, as each region of the skin is lit by it. */
export type SkinLight = readonly Colour[];

/** Either division of the screen adds up to all of it. */
export const skinLight = ({ left, right, top, bottom }: Halves): SkinLight =>
  SKIN.map((region) => {
    const [ofLeft, ofTop] = SHARES[region];
    return CHANNELS.map(
      (c) => ofLeft * left[c]! + (1 - ofLeft) * right[c]! + (ofTop - 0.5) * (top[c]! - bottom[c]!),
    ) as unknown as Colour;
  });

const NO_LIGHT: SkinLight = SKIN.map(() => [0, 0, 0]);

/** Whether frames show enough of a face for any sequence to be fitted to them. */
export const showsFace = ({ measured }: Evidence): boolean =>
  SKIN.filter((region) => measured.has(region)).length >= LEAST_SKIN;

/** How well a sequence explains frames that show a face. @param sequence slot by slot */
export const fitSequence = (evidence: Evidence, sequence: readonly SkinLight[]): Fit =>
  fitProducts(productsOf(evidence, sequence), evidence.count);

/**
 * The same when one slot has another light, for many lights of it: what the other slots contribute is added up once.
 * @param sequence of which the slot may have any light
 */
export function fitOfSlot(
  evidence: Evidence,
  sequence: readonly SkinLight[],
  slot: number,
): (light: SkinLight) => Fit {
  const own = evidence.powerOf(slot);
  const regions = productsOf(evidence, sequence.with(slot, NO_LIGHT)).map(
    ({ lights, measured, ...others }) => ({
      ...others,
      shown: measured.bySlot[slot]!,
      crossed: evidence.crossed(slot, lights),
    }),
  );
  return (light) =>
    fitProducts(
      regions.map(({ region, shown, crossed, pp, pv, vv }) => {
        const colour = light[region]!;
        return {
          pp: square(
            (c, d) =>
              pp[3 * c + d]! + colour[c]! * (crossed[d]! + own * colour[d]!) + crossed[c]! * colour[d]!,
          ),
          pv: square((c, d) => pv[3 * c + d]! + colour[c]! * shown[d]!),
          vv,
        };
      }),
      evidence.count,
    );
}

/** Of each region of the skin that is seen: its place in a `SkinLight`, what lit it, what it showed, and the products of both. */
const productsOf = (evidence: Evidence, sequence: readonly SkinLight[]) =>
  SKIN.flatMap((name, region) => {
    const measured = evidence.measured.get(name);
    if (!measured) return [];
    const lights = sequence.map((light) => light[region]!);
    const [pp, pv] = [evidence.products(lights, lights), evidence.productsWith(lights, measured)];
    return [{ region, lights, measured, pp, pv, vv: measured.power }];
  });

/**
 * Generalised least squares: channels and regions count as little as they are disturbed. A head that sways changes all channels
 * alike, so that the difference between channels tells most.
 * @param count of frames
 */
function fitProducts(regions: readonly Products[], count: number): Fit {
  let gains: readonly number[] = [0, 0, 0];
  let weights: readonly number[] = regions.map(() => 1);
  let metric = IDENTITY;
  let normal = IDENTITY;
  let explained = 0;
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) {
      weights = regions.map((region) => weightOf(region, gains, count));
      metric = UNDISTURBED;
    }
    const weighted = (at: number, of: 'pp' | 'pv'): number => {
      let sum = 0;
      for (let i = 0; i < regions.length; i++) sum += weights[i]! * regions[i]![of][at]!;
      return metric[at]! * sum;
    };
    normal = square((c, d) => weighted(3 * c + d, 'pp'));
    const answer = [0, 3, 6].map(
      (row) => weighted(row, 'pv') + weighted(row + 1, 'pv') + weighted(row + 2, 'pv'),
    );
    gains = solvePositive(normal, answer);
    explained = dotOf(gains, answer);
  }
  const total = regions.reduce((sum, { vv }, i) => sum + weights[i]! * dotOf(metric, vv), 0);
  const match = Math.sqrt(Math.max(0, explained) / Math.max(1e-12, total));
  return { match: Number.isFinite(match) ? match : NaN, gains, gainError: errorOf(normal, regions.length) };
}

/** What disturbs the regions of one frame is much the same for all: it counts once. */
const errorOf = (normal: Matrix, regions: number): number =>
  Math.sqrt((inverse(normal).reduce((sum, value) => sum + value, 0) * regions) / 9);

/** Covariance of what a region shows beyond the gains, of two channels. */
function leftOf(
  { pp, pv, vv }: Products,
  gains: readonly number[],
  count: number,
  c: number,
  d: number,
): number {
  const [at, across] = [3 * c + d, 3 * d + c];
  const left = vv[at]! - gains[c]! * pv[at]! - gains[d]! * pv[across]! + gains[c]! * gains[d]! * pp[at]!;
  return left / Math.max(1, count - TREND - 1) + (c === d ? LEAST_VARIANCE : 0);
}

/**
 * Weight of a region, by how much it is disturbed. What disturbs a face is movement, which changes all channels alike: by
 * how much more than each alone is set, not fitted, since a wrong sequence must not choose what is left out of account.
 */
const weightOf = (region: Products, gains: readonly number[], count: number): number =>
  (CHANNELS.length * (1 + ALIKE)) / CHANNELS.reduce((sum, c) => sum + leftOf(region, gains, count, c, c), 0);

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
    const ownGains = [0, 4, 8].map((at) => own.pv[at]! / own.pp[at]!);
    const weight = inverse(square((c, d) => leftOf(own, ownGains, evidence.count, c, d)));
    const [ll, lr, rr] = [products.ll, products.lr, products.rr].map((each) => dotOf(weight, each));
    const [vl, vr] = [left, right].map((each) => dotOf(weight, evidence.productsWith(each, measured)));
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
  const kept = [true, true, true];
  for (;;) {
    const inverted = inverse(square((c, d) => (kept[c] && kept[d] ? normal[3 * c + d]! : c === d ? 1 : 0)));
    const [a, b, c] = kept.map((isKept, channel) => (isKept ? answer[channel]! : 0));
    const solved = [0, 3, 6].map(
      (row) => inverted[row]! * a! + inverted[row + 1]! * b! + inverted[row + 2]! * c!,
    );
    const least = Math.min(...solved);
    // What cannot be solved, since frames show too little of the sequence, is not a number.
    if (!(least < 0)) return solved;
    kept[solved.indexOf(least)] = false;
  }
}
