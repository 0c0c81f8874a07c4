import { FACE_REGIONS, type Colour, type FaceRegion, type RegionColours } from '#core/recognition';
import { CHANNELS, dotOf, square, type Matrix } from './matrix.ts';
import type { Show } from './show.ts';

/** A frame of the sequence: its time since the sequence began, in milliseconds, and what was measured in it. */
export interface LightFrame {
  readonly at: number;
  readonly colours: RegionColours;
}

/** What a region may have been lit by, slot by slot. */
export type Lights = readonly Colour[];

/** What a region showed, relative to its mean and to the background; slow changes are taken out. Sums over the frames. */
interface Measured {
  /** Products with the presence of each slot: slots x channels. */
  readonly bySlot: Matrix;
  /** Products of the channels with each other. */
  readonly power: Matrix;
  /** Mean light of the region, linear. */
  readonly light: number;
}

/** How long a picture is exposed, in milliseconds. */
const EXPOSURE_MS = 30;

/**
 * The frames that show the sequence if it takes so long from the screen to the picture, reduced to what any fit of any colours
 * in its slots needs. Colours count relative to the background, which the camera exposes and balances as it does the face, and
 * to the region's own mean, so that skin, room and camera cancel.
 */
export class Evidence {
  /** Milliseconds. */
  readonly delay: number;
  /** Of frames. */
  readonly count: number;
  readonly measured = new Map<FaceRegion, Measured>();
  /** Products of the presence of two slots. */
  readonly #gram: Matrix;

  /** @param leastBackground squares; with fewer nothing is measured */
  constructor(show: Show, all: readonly LightFrame[], delay: number, leastBackground: number) {
    this.delay = delay;
    const seen = all.flatMap((frame) => {
      const shares = show.sharesBetween(frame.at - delay - EXPOSURE_MS, frame.at - delay);
      return shares ? [{ ...frame, shares }] : [];
    });
    this.count = seen.length;
    const detrend = detrender(seen.map(({ at }) => at));
    const slots = (seen[0]?.shares ?? []).map((_, slot) => detrend(seen.map(({ shares }) => shares[slot]!)));
    this.#gram = slots.map((a) => slots.map((b) => dotOf(a, b)));
    const exposure = exposureOf(seen, leastBackground);
    if (exposure === null) return;
    for (const region of FACE_REGIONS) {
      const colours = seen.flatMap(({ colours: { regions } }) => (regions[region] ? [regions[region]] : []));
      if (colours.length < seen.length) continue;
      const relative = CHANNELS.map((channel) =>
        colours.map((colour, t) => colour[channel]! / exposure[channel]![t]!),
      );
      const means = relative.map((values) => Math.max(1e-4, meanOf(values)));
      const series = relative.map((values, channel) =>
        detrend(values.map((value) => value / means[channel]!)),
      );
      this.measured.set(region, {
        bySlot: slots.map((slot) => series.map((channel) => dotOf(slot, channel))),
        power: square((c, d) => dotOf(series[c]!, series[d]!)),
        light: meanOf(means),
      });
    }
  }

  /** Products of what two lights would have shown, channel by channel. */
  products(a: Lights, b: Lights): Matrix {
    const inSlots = this.#gram.map((row) => CHANNELS.map((d) => weightedSum(row, b, d)));
    return square((c, d) => sumOver(a, c, inSlots, d));
  }

  /** Products of what a light would have shown with what a region showed, channel by channel. */
  productsWith(a: Lights, { bySlot }: Measured): Matrix {
    return square((c, d) => sumOver(a, c, bySlot, d));
  }
}

function weightedSum(weights: readonly number[], lights: Lights, channel: number): number {
  let sum = 0;
  for (let slot = 0; slot < weights.length; slot++) sum += weights[slot]! * lights[slot]![channel]!;
  return sum;
}

function sumOver(lights: Lights, c: number, bySlot: Matrix, d: number): number {
  let sum = 0;
  for (let slot = 0; slot < bySlot.length; slot++) sum += lights[slot]![c]! * bySlot[slot]![d]!;
  return sum;
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
  return CHANNELS.map((channel) => {
    const relative = squares.map((colours) => {
      const mean = meanOf(colours.map((colour) => colour[channel]!));
      return colours.map((colour) => colour[channel]! / mean);
    });
    return frames.map((_, t) => median(relative.map((values) => values[t]!)));
  });
}

/** What is taken out of every series: a parabola over time. */
export const TREND = 3;

/** @returns what takes a parabola out of a series, by an orthonormal basis (Gram and Schmidt) */
function detrender(times: readonly number[]): (values: readonly number[]) => Float64Array {
  const from = times[0] ?? 0;
  const span = Math.max(1, (times.at(-1) ?? 0) - from);
  const basis: Float64Array[] = [];
  for (let power = 0; power < TREND; power++) {
    const vector = Float64Array.from(times, (time) => ((time - from) / span) ** power);
    for (const unit of basis) subtract(vector, unit, dotOf(vector, unit));
    const length = Math.sqrt(dotOf(vector, vector));
    if (length > 1e-9) basis.push(vector.map((value) => value / length));
  }
  return (values) => {
    const result = Float64Array.from(values);
    for (const unit of basis) subtract(result, unit, dotOf(result, unit));
    return result;
  };
}

function subtract(from: Float64Array, vector: Float64Array, times: number): void {
  for (let i = 0; i < from.length; i++) from[i]! -= times * vector[i]!;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
