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

/** Slots x channels. */
type BySlot = readonly (readonly number[])[];

/** What a region showed, relative to its mean and to the background; slow changes are taken out. Sums over the frames. */
interface Measured {
  /** Products with the presence of each slot: slots x channels. */
  readonly bySlot: BySlot;
  /** Products of the channels with each other. */
  readonly power: Matrix;
  /** Mean light of the region, linear. */
  readonly light: number;
}

/** How long a picture is exposed, in milliseconds. */
const EXPOSURE_MS = 30;

/** What the frames show of each region, whatever light it answers. */
export class Pictures {
  /** Milliseconds since the sequence began. */
  readonly times: readonly number[];
  /**
   * Frame by frame, by channel: relative to the background, which the camera exposes and balances as it does the face. Null for a
   * frame that does not show the region.
   */
  readonly regions: ReadonlyMap<FaceRegion, readonly (readonly number[] | null)[]>;

  /** @param leastBackground squares; with fewer no region is measured */
  constructor(frames: readonly LightFrame[], leastBackground: number) {
    this.times = frames.map(({ at }) => at);
    const exposure = exposureOf(frames, leastBackground);
    const relative = (colour: Colour | null, t: number): number[] | null =>
      colour && colour.map((value, channel) => value / exposure![channel]![t]!);
    this.regions = new Map(
      exposure === null
        ? []
        : FACE_REGIONS.map((region) => [
            region,
            frames.map(({ colours: { regions } }, t) => relative(regions[region], t)),
          ]),
    );
  }
}

/**
 * The pictures that show the sequence if it takes so long from the screen to the picture, reduced to what any fit of any colours
 * in its slots needs. Colours count relative to the region's own mean, so that skin, room and camera cancel.
 */
export class Evidence {
  /** Milliseconds. */
  readonly delay: number;
  /** Of pictures. */
  readonly count: number;
  readonly measured = new Map<FaceRegion, Measured>();
  /** Products of the presence of two slots. */
  readonly #gram: readonly (readonly number[])[];

  constructor(show: Show, { times, regions }: Pictures, delay: number) {
    this.delay = delay;
    const seen = times.flatMap((at, picture) => {
      const shares = show.sharesBetween(at - delay - EXPOSURE_MS, at - delay);
      return shares ? [{ at, picture, shares }] : [];
    });
    this.count = seen.length;
    const detrend = detrender(seen.map(({ at }) => at));
    const slots = (seen[0]?.shares ?? []).map((_, slot) => detrend(seen.map(({ shares }) => shares[slot]!)));
    this.#gram = slots.map((a) => slots.map((b) => dotOf(a, b)));
    for (const [region, pictures] of regions) {
      const colours = seen.flatMap(({ picture }) => pictures[picture] ?? []);
      if (colours.length < CHANNELS.length * seen.length) continue;
      const means: number[] = [];
      const series = CHANNELS.map((channel) => {
        const values = seen.map((_, t) => colours[CHANNELS.length * t + channel]!);
        const mean = Math.max(1e-4, meanOf(values));
        means.push(mean);
        return detrend(values.map((value) => value / mean));
      });
      this.measured.set(region, {
        bySlot: slots.map((slot) => series.map((channel) => dotOf(slot, channel))),
        power: square((c, d) => dotOf(series[c]!, series[d]!)),
        light: meanOf(means),
      });
    }
  }

  /** Products of what two lights would have shown, channel by channel. */
  products(a: Lights, b: Lights): Matrix {
    return sumOver(
      a,
      this.#gram.map((row) => columnSums(row, b)),
    );
  }

  /** Products of what a slot shows at full with what a light would have shown, by channel. */
  crossed(slot: number, light: Lights): Colour {
    return columnSums(this.#gram[slot]!, light);
  }

  /** The square of what a slot shows at full. */
  powerOf(slot: number): number {
    return this.#gram[slot]![slot]!;
  }

  /** Products of what a light would have shown with what a region showed, channel by channel. */
  productsWith(a: Lights, { bySlot }: Measured): Matrix {
    return sumOver(a, bySlot);
  }
}

/** Of each channel, the sum of a light over the slots by their weights. */
function columnSums(weights: readonly number[], lights: Lights): Colour {
  let [red, green, blue] = [0, 0, 0];
  for (let slot = 0; slot < weights.length; slot++) {
    const [weight, light] = [weights[slot]!, lights[slot]!];
    red += weight * light[0];
    green += weight * light[1];
    blue += weight * light[2];
  }
  return [red, green, blue];
}

/** Sums over the slots of products, channel by channel. */
const sumOver = (lights: Lights, bySlot: BySlot): Matrix =>
  square((c, d) => {
    let sum = 0;
    for (let slot = 0; slot < bySlot.length; slot++) sum += lights[slot]![c]! * bySlot[slot]![d]!;
    return sum;
  });

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
