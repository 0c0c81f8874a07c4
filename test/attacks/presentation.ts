import type { ChallengeStep, VisitFrame } from '#contract';
import type { RgbImage } from '#core/recognition';
import type { AnimatedHead } from '../../scripts/samples/animated-head.ts';
import { toJpeg } from '../../scripts/samples/live-head.ts';
import type { Performance } from '../../scripts/samples/performance.ts';

/** Who is presented: the person that an attacker wants to be taken for, and the attacker. */
export interface Subject {
  readonly person: string;
  readonly head: AnimatedHead;
  readonly attacker: AnimatedHead;
}

/** What main gets of one visit, and what it knows by itself. */
export interface Presentation {
  readonly challenge: readonly ChallengeStep[];
  readonly frames: readonly VisitFrame[];
  /** Frames of sessions that this appliance saw before. */
  readonly earlier: readonly VisitFrame[];
  /** From the beginning of the session to the evidence, by main's clock. */
  readonly sessionMs: number;
}

/** What the camera sees at a time, in milliseconds of the performance. */
export type Scene = (time: number) => RgbImage;

/** Numbers from 0 to 1. */
export type Random = () => number;

export const between = (random: Random, low: number, high: number): number => low + (high - low) * random();

/** Milliseconds between the frames of one step: every second or third one of a camera. */
const FRAME_GAP = 80;

/** Milliseconds for the questions before the first frame and for sending after the last one. */
const AROUND = 700;

/**
 * What the kiosk's screen captures of a performance: two frames at rest, three around the height of each step, three
 * at the end.
 */
export async function capture(scene: Scene, performance: Performance, random: Random): Promise<Presentation> {
  const moments = momentsOf(performance, random);
  const camera = newCamera(random);
  const frames: VisitFrame[] = [];
  for (const { capturedAt, moment } of moments) {
    frames.push({ capturedAt, moment, image: await camera(scene(capturedAt)) });
  }
  return {
    challenge: performance.steps.map(({ step }) => step),
    frames,
    earlier: [],
    sessionMs: performance.duration + AROUND,
  };
}

function momentsOf(
  { steps, duration }: Performance,
  random: Random,
): Pick<VisitFrame, 'capturedAt' | 'moment'>[] {
  const first = steps[0]?.start ?? duration;
  const last = steps.at(-1)?.end ?? 0;
  const rest = duration - last;
  return [
    ...[0.3, 0.75].map((share) => ({
      capturedAt: share * first,
      moment: { kind: 'baseline' as const },
    })),
    ...steps.flatMap(({ peakStart, peakEnd }, step) => {
      const peak = peakStart + (0.4 + 0.3 * random()) * (peakEnd - peakStart);
      return [-FRAME_GAP, 0, FRAME_GAP].map((away) => ({
        capturedAt: peak + away,
        moment: { kind: 'step' as const, step },
      }));
    }),
    ...[0.4, 0.6, 0.8].map((share) => ({
      capturedAt: last + share * rest,
      moment: { kind: 'frontal' as const },
    })),
  ];
}

/** Two hours of noise would not be enough, and drawing it is slow: a stretch of it is begun anywhere. */
const NOISE_LENGTH = 1 << 18;

/** Noise of a camera's sensor. @param strength its deviation, in values of 0..255 */
export const sensorNoise = (strength: number, length: number, random: Random): Float32Array =>
  // Three even draws are normal enough; their deviation is a half.
  Float32Array.from({ length }, () => 2 * strength * (random() + random() + random() - 1.5));

/** A webcam: brightness that drifts, noise of its sensor, JPEG. */
function newCamera(random: Random): (seen: RgbImage) => Promise<Buffer> {
  const strength = between(random, 0.8, 1.8);
  const quality = Math.round(between(random, 86, 94));
  const noise = sensorNoise(strength, NOISE_LENGTH, random);
  return async (seen) => {
    const gain = between(random, 0.98, 1.02);
    let at = Math.floor(random() * NOISE_LENGTH);
    const data = new Uint8ClampedArray(seen.data.length);
    for (let i = 0; i < data.length; i += 3) {
      // What a webcam leaves of its noise is brightness more than colour.
      for (let c = i; c < i + 3; c++) data[c] = gain * seen.data[c]! + noise[at]!;
      at = at + 1 === NOISE_LENGTH ? Math.floor(random() * NOISE_LENGTH) : at + 1;
    }
    return await toJpeg({ ...seen, data: new Uint8Array(data.buffer) }, quality);
  };
}
