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
  /** Correlation of the colours with what was shown, -1..1. */
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
  /** Mean light of the region, linear. */
  readonly light: number;
}

/** Delays that are tried, in milliseconds, and how long a picture is exposed. */
const DELAYS = { most: 600, step: 20 } as const;
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
type Series = readonly [Float64Array, Float64Array, Float64Array];

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
  const { evidence, channels, match } = best;
  return {
    delay: evidence.delay,
    match,
    gain: channels.reduce((sum, { gain }) => sum + gain, 0) / 3,
    gainError: Math.sqrt(channels.reduce((sum, { error }) => sum + error ** 2, 0)) / 3,
    answers: answersOf(evidence, channels),
  };
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

/** How a channel of the skin answers: its gain with the standard error, and what of its squares that explains. */
interface Channel {
  readonly gain: number;
  readonly error: number;
  /** Variance of what is left. */
  readonly noise: number;
  readonly explained: number;
  readonly total: number;
}

interface Fit {
  readonly evidence: Evidence;
  readonly match: number;
  readonly channels: readonly Channel[];
}

function fitAt(evidence: Evidence, leastFrames: number): Fit | null {
  const skin = SKIN.filter((region) => evidence.measured.has(region));
  if (evidence.count < leastFrames || skin.length < LEAST_SKIN) return null;
  const templates = skin.map((region) => {
    const [left, top] = SHARES[region];
    // Either division of the screen adds up to all of it.
    return evidence.shown(
      (halves, c) =>
        left * halves.left[c]! +
        (1 - left) * halves.right[c]! +
        (top - 0.5) * (halves.top[c]! - halves.bottom[c]!),
    );
  });
  const channels = [0, 1, 2].map((channel): Channel => {
    let [pp, vp, total] = [0, 0, 0];
    for (const [i, region] of skin.entries()) {
      const v = evidence.measured.get(region)!.series[channel]!;
      const p = templates[i]![channel]!;
      pp += dot(p, p);
      vp += dot(v, p);
      total += dot(v, v);
    }
    const gain = vp / pp;
    const noise = Math.max(
      1e-10,
      (total - gain * vp) / Math.max(1, skin.length * (evidence.count - TREND - 1)),
    );
    // What disturbs the regions of one frame is the same for all: it counts once.
    return {
      gain,
      noise,
      error: Math.sqrt((noise * skin.length) / pp),
      explained: gain * Math.abs(vp),
      total,
    };
  });
  const weighted = (of: (channel: Channel) => number): number =>
    channels.reduce((sum, channel) => sum + of(channel) / channel.noise, 0);
  const explained = weighted((channel) => channel.explained);
  const total = Math.max(
    1e-12,
    weighted((channel) => channel.total),
  );
  return { evidence, channels, match: Math.sign(explained) * Math.sqrt(Math.abs(explained) / total) };
}

function answersOf(evidence: Evidence, channels: readonly Channel[]): Response['answers'] {
  const weights = channels.map(({ noise }) => 1 / noise);
  const shown = (half: keyof Halves): Series =>
    evidence.shown((halves, c) => Math.max(1e-6, channels[c]!.gain) * halves[half][c]!);
  const [left, right] = [shown('left'), shown('right')];
  const answer = (region: FaceRegion): Answer | null => {
    const measured = evidence.measured.get(region);
    if (!measured) return null;
    const [toLeft, toRight] = solveTwo(measured.series, left, right, weights);
    return { left: toLeft, right: toRight, light: measured.light };
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

/** How much of two series makes a third one, least squares over all channels. */
function solveTwo(v: Series, a: Series, b: Series, weights: readonly number[]): readonly [number, number] {
  let [aa, ab, bb, va, vb] = [0, 0, 0, 0, 0];
  for (const [channel, weight] of weights.entries()) {
    const [vc, ac, bc] = [v[channel]!, a[channel]!, b[channel]!];
    aa += weight * dot(ac, ac);
    ab += weight * dot(ac, bc);
    bb += weight * dot(bc, bc);
    va += weight * dot(vc, ac);
    vb += weight * dot(vc, bc);
  }
  const determinant = aa * bb - ab * ab;
  return [(va * bb - vb * ab) / determinant, (vb * aa - va * ab) / determinant];
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

const perChannel = (of: (channel: number) => Float64Array): Series => [of(0), of(1), of(2)];
const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
