import { randomInt } from 'node:crypto';
import { LightColour, type LightChallenge, type LightSlot, type LightSplit } from '#contract';
import { hazardsOf } from './safety.ts';
import { halvesOf, Show } from './show.ts';

/** Two of each kind: place is asked as well as time and colour. */
const SPLITS: readonly LightSplit[] = [
  'left-right',
  'left-right',
  'left-right',
  'top-bottom',
  'top-bottom',
  'whole',
];

/** Milliseconds that a slot may last: a camera of 15 pictures a second takes three of the shortest. */
const DURATIONS = [240, 280, 320] as const;

/** Least change of a channel's light between a slot and the next one, and least spread of each channel over all. */
const LEAST_CHANGE = 0.4;
const LEAST_SPREAD = 0.25;

/** Whole numbers from 0 to below `end`. */
export type Draw = (end: number) => number;

/**
 * A light challenge that cannot be foreseen: about 10^13 sequences are possible. What counts is how many of them a recording
 * of another one would pass for: docs/liveness.md.
 * @param draw for tests; default: the operating system's random numbers
 */
export function drawLight(draw: Draw = (end) => randomInt(end)): LightChallenge {
  for (;;) {
    const slots = shuffle(SPLITS, draw).map((split) => drawSlot(split, draw));
    if (asksEnough(slots) && hazardsOf(slots).length === 0) return slots;
  }
}

function drawSlot(split: LightSplit, draw: Draw): LightSlot {
  const first = draw(LightColour.options.length);
  const second =
    split === 'whole'
      ? first
      : (first + 1 + draw(LightColour.options.length - 1)) % LightColour.options.length;
  return {
    split,
    colours: [LightColour.options[first]!, LightColour.options[second]!],
    milliseconds: DURATIONS[draw(DURATIONS.length)]!,
  };
}

/** Whether what the whole screen emits changes from slot to slot, and much enough in each channel. */
function asksEnough(slots: readonly LightSlot[]): boolean {
  const show = new Show(slots);
  let from = 0;
  const means = slots.map(({ milliseconds }) => {
    const { left, right } = halvesOf(show.between(from, (from += milliseconds))!);
    return left.map((value, channel) => (value + right[channel]!) / 2);
  });
  const changes = means.every(
    (now, i) =>
      i === 0 || now.some((value, channel) => Math.abs(value - means[i - 1]![channel]!) >= LEAST_CHANGE),
  );
  return (
    changes && [0, 1, 2].every((channel) => spreadOf(means.map((mean) => mean[channel]!)) >= LEAST_SPREAD)
  );
}

/** Standard deviation. */
function spreadOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** Algorithm: Fisher and Yates. */
function shuffle<T>(items: readonly T[], draw: Draw): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = draw(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
