import type { Pose } from '../guidance/geometry.ts';
import type { Measure } from './measure.ts';

/** A person's face at rest. What is measured later counts against it. */
export interface Baseline {
  readonly yaw: number;
  readonly pitch: number;
  /** Eye aspect ratios. */
  readonly eyes: readonly [right: number, left: number];
  readonly mouthWidth: number;
  readonly corners: readonly [right: number, left: number];
  /** A frontal look, for the parallax. */
  readonly reference: Measure;
}

/** Milliseconds of calm, and the samples they must at least have. */
const CALM_MS = 500;
const CALM_SAMPLES = 5;
/** Degrees within which a frontal face looks, and within which a calm one stays. */
const FRONTAL = { yaw: 12, pitch: 18, roll: 15 };
const CALM_DEGREES = 4;
/** Greatest part by which the width of a calm mouth varies. */
const CALM_MOUTH = 0.08;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);
export const openness = ({ eyes }: Measure): number => (eyes[0] + eyes[1]) / 2;

const isFrontal = ({ yaw, pitch, roll }: Pose): boolean =>
  Math.abs(yaw) <= FRONTAL.yaw && Math.abs(pitch) <= FRONTAL.pitch && Math.abs(roll) <= FRONTAL.roll;

/**
 * Takes in one face after the other until it was frontal and calm for half a second. Medians: a blink in between
 * does no harm.
 */
export class BaselineWatch {
  #samples: Measure[] = [];

  /** @returns the baseline, once there is one */
  push(measure: Measure): Baseline | null {
    if (!isFrontal(measure.pose)) this.#samples = [];
    else this.#samples.push(measure);
    while (this.#samples.length > 1 && (!this.#isCalm() || this.#isLong())) this.#samples.shift();
    const since = this.#samples[0]?.at ?? measure.at;
    if (this.#samples.length < CALM_SAMPLES || measure.at - since < CALM_MS) return null;
    const of = (value: (sample: Measure) => number): number => median(this.#samples.map(value));
    const yaw = of(({ pose }) => pose.yaw);
    return {
      yaw,
      pitch: of(({ pose }) => pose.pitch),
      eyes: [of(({ eyes }) => eyes[0]), of(({ eyes }) => eyes[1])],
      mouthWidth: of(({ mouthWidth }) => mouthWidth),
      corners: [of(({ corners }) => corners[0]), of(({ corners }) => corners[1])],
      reference: this.#samples.reduce((best, sample) =>
        Math.abs(sample.pose.yaw - yaw) < Math.abs(best.pose.yaw - yaw) ? sample : best,
      ),
    };
  }

  #isLong(): boolean {
    const [, second] = this.#samples;
    return second !== undefined && (this.#samples.at(-1)?.at ?? 0) - second.at >= CALM_MS;
  }

  #isCalm(): boolean {
    const widths = this.#samples.map(({ mouthWidth }) => mouthWidth);
    return (
      spread(this.#samples.map(({ pose }) => pose.yaw)) <= CALM_DEGREES &&
      spread(this.#samples.map(({ pose }) => pose.pitch)) <= CALM_DEGREES &&
      spread(widths) <= CALM_MOUTH * Math.max(...widths)
    );
  }
}
