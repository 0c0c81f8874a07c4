import { LightColour, type LightSlot } from '#contract';
import type { Evidence } from './evidence.ts';
import { fitSequence, skinLight, type Fit, type SkinLight } from './fit.ts';
import { cornersOf, halvesOf } from './show.ts';

/**
 * How much more the sequence asked for leaves unexplained than the one that explains the frames best: 1 where none explains
 * them better. What answers another light agrees with what was asked for by chance, here and there; with the light that it does
 * answer it agrees much better. That one is read from the frames, beginning with what was asked for: the colours of one slot
 * after the other change to those that explain the frames best, until no change of one slot does (coordinate ascent).
 * @param slots asked for
 * @param asked how well they fit
 */
export function rivalryOf(
  evidence: Evidence,
  slots: readonly LightSlot[],
  asked: Fit,
  leastFrames: number,
): number {
  const choices = slots.map(choicesOf);
  let sequence = slots.map((slot) => skinLight(halvesOf(cornersOf(slot))));
  let best = asked.match;
  // A slot has its best colours until another one changes.
  for (let slot = 0, settled = 0; settled < slots.length; slot = (slot + 1) % slots.length, settled++) {
    for (const light of choices[slot]!) {
      const changed = sequence.with(slot, light);
      const match = fitSequence(evidence, changed, leastFrames)?.match ?? 0;
      if (match <= best) continue;
      [sequence, best, settled] = [changed, match, 0];
    }
  }
  return unexplained(asked.match) / unexplained(best);
}

/** Whatever colours a slot may have. */
function choicesOf(slot: LightSlot): SkinLight[] {
  const all = LightColour.options;
  const colours: LightSlot['colours'][] =
    slot.split === 'whole'
      ? all.map((colour) => [colour, colour])
      : all.flatMap((first) =>
          all.filter((second) => second !== first).map((second) => [first, second] as const),
        );
  return colours.map((each) => skinLight(halvesOf(cornersOf({ ...slot, colours: each }))));
}

/** Share of the variance, and what a head's shape leaves of a perfect answer: less than that is no better an explanation. */
const unexplained = (match: number): number => 1 - match * match + MISFIT;
const MISFIT = 0.05;
