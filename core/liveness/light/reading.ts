import { LightColour, type LightSlot } from '#contract';
import type { Evidence } from './evidence.ts';
import { fitOfSlot, skinLight, type SkinLight } from './fit.ts';
import { cornersOf, halvesOf } from './show.ts';

/**
 * How much more of what the face shows another sequence explains than the one asked for, as a share of the variance: 0 where none
 * explains more. What answers another light agrees with what was asked for by chance, here and there; with the light that it does
 * answer it agrees much better. That one is read from the frames, beginning with what was asked for: the colours of one slot
 * after the other change to those that explain the frames best, until no change of one slot does (coordinate ascent).
 * @param evidence that shows a face
 * @param slots asked for
 * @param lights of these
 * @param asked how well they match
 */
export function rivalryOf(
  evidence: Evidence,
  slots: readonly LightSlot[],
  lights: readonly SkinLight[],
  asked: number,
): number {
  const choices = slots.map(choicesOf);
  let sequence = lights;
  let best = asked;
  // A slot has its best colours until another one changes.
  for (let slot = 0, settled = 0; settled < slots.length; slot = (slot + 1) % slots.length, settled++) {
    const fitOf = fitOfSlot(evidence, sequence, slot);
    for (const light of choices[slot]!) {
      const { match } = fitOf(light);
      if (match > best) [sequence, best, settled] = [sequence.with(slot, light), match, 0];
    }
  }
  return best * best - asked * asked;
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
