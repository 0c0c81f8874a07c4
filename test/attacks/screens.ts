import type { ChallengeStep } from '#contract';
import type { RgbImage } from '#core/recognition';
import { perform, type Performance } from '../../scripts/samples/performance.ts';
import { between, capture, type Presentation, type Random, type Subject } from './presentation.ts';
import { bordered, FLAT, mapPixels, showSurface, wall } from './surfaces.ts';

type Steps = readonly ChallengeStep[];

/**
 * A recording that happens to answer this very challenge, played on a screen: what an attacker has who recorded enough
 * and chose in time.
 */
export async function replayOnScreen({ head }: Subject, steps: Steps, random: Random): Promise<Presentation> {
  const performance = perform(steps, random);
  return await capture(
    onScreen((time) => head.frame(performance.at(time)), head.photo, performance, random),
    performance,
    random,
  );
}

/** A recording of a person who answered another challenge, played on a screen while this one is asked. */
export async function otherReplayOnScreen(
  { head }: Subject,
  steps: Steps,
  random: Random,
): Promise<Presentation> {
  const asked = perform(steps, random);
  const recorded = perform([...steps.slice(1), steps[0]!], random);
  return await capture(
    onScreen((time) => head.frame(recorded.at(time % recorded.duration)), head.photo, asked, random),
    asked,
    random,
  );
}

/**
 * What a camera sees of a picture on a screen: the rows and columns of its dots beat with the sensor's (moire), its
 * refresh leaves bands that wander, its colours are another device's, and its frame is black.
 */
function onScreen(
  recording: (time: number) => RgbImage,
  { width, height }: RgbImage,
  { sway }: Performance,
  random: Random,
): (time: number) => RgbImage {
  const background = wall(width, height, random);
  const gamma = between(random, 0.85, 1.2);
  const tint = [between(random, 0.9, 1), between(random, 0.95, 1.02), between(random, 1, 1.1)];
  const scale = between(random, 0.8, 1.05);
  const bezel = Math.round(between(random, 12, 24));
  // Beats in cycles per pixel, different for each colour's dots.
  const beats = tint.map(() => ({ x: between(random, 0.01, 0.12), y: between(random, -0.05, 0.05) }));
  const moire = between(random, 0.015, 0.05);
  const bands = {
    strength: between(random, 0.02, 0.06),
    turns: between(random, 0.7, 2.5),
    speed: between(random, 0.5, 4),
  };
  const phase = random();
  const colours = tint.map((share) =>
    Array.from({ length: 256 }, (_, value) => between(() => (value / 255) ** gamma, 6, 245) * share),
  );
  // Cosines of sums are products of those of places: worked out once for each column and row.
  const columns = beats.map(({ x }) => wave(width, x));
  const rows = beats.map(({ x, y }) => ({ beat: wave(height, y), across: wave(height, x) }));
  return (time) => {
    const shown = mapPixels(recording(time), (value, channel) => colours[channel]![value]!);
    const { x, y, yaw, pitch, roll } = sway(time);
    // A tablet in a hand sways less than a head.
    const pose = { ...FLAT, scale, x: x / 2, y: y / 2, yaw: yaw / 2, pitch: pitch / 2, roll: roll / 2 };
    const seen = showSurface(bordered(shown, bezel, 12), pose, background);
    const drift = phase + (bands.speed * time) / 1000;
    const bandOf = Float64Array.from({ length: height }, (_, py) =>
      Math.sin(2 * Math.PI * ((bands.turns * py) / height + drift)),
    );
    return mapPixels(seen, (value, channel, px, py) => {
      const { cosine, sine } = columns[channel]!;
      const { beat, across } = rows[channel]!;
      const dots = (cosine[px]! * beat.cosine[py]! - sine[px]! * beat.sine[py]!) * across.cosine[py]!;
      return value * (1 + moire * dots + bands.strength * bandOf[py]!);
    });
  };
}

/** Cosine and sine at each pixel. @param cycles per pixel */
function wave(length: number, cycles: number): { cosine: Float64Array; sine: Float64Array } {
  const at = (turn: (angle: number) => number): Float64Array =>
    Float64Array.from({ length }, (_, i) => turn(2 * Math.PI * cycles * i));
  return { cosine: at(Math.cos), sine: at(Math.sin) };
}
