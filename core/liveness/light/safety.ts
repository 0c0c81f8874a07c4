import { type LightSlot } from '#contract';
import type { Colour } from '#core/recognition';
import { luminanceOf } from './colour.ts';
import { cornersOf } from './show.ts';

/**
 * WCAG 2.2, success criterion 2.3.1 and its definitions: a flash is a pair of opposing changes of relative luminance by
 * 0.1 or more where the darker one is below 0.8; a saturated red has R / (R + G + B) of 0.8 or more; three flashes in any
 * second are the most. Up to a quarter of ten degrees may flash as it likes: a surround is larger, so nothing is let off.
 */
const FLASH = { change: 0.1, darker: 0.8, perSecond: 3, redShare: 0.8 } as const;

/** Less often than three times a second each way, whatever the definitions: what changes twice a second cannot flash three times. */
const LEAST_SLOT_MS = 1000 / 6;

export type LightHazard = 'too-fast' | 'flashes' | 'saturated-red';

/**
 * What makes a sequence of colours a danger for people with photosensitive epilepsy. What is shown before and after it
 * is taken for black, the worst case.
 * @param emissions of the colours that are shown, for tests of the rule; default: the palette's
 */
export function hazardsOf(
  slots: readonly LightSlot[],
  emissions: (slot: LightSlot) => readonly Colour[] = cornersOf,
): LightHazard[] {
  const hazards = new Set<LightHazard>();
  if (slots.some(({ milliseconds }) => milliseconds < LEAST_SLOT_MS)) hazards.add('too-fast');
  const shown = slots.map(emissions);
  if (shown.flat().some(isSaturatedRed)) hazards.add('saturated-red');
  const corners = shown[0]?.length ?? 0;
  for (let corner = 0; corner < corners; corner++) {
    const changes = changesOf(
      shown.map((emitted) => luminanceOf(emitted[corner]!)),
      slots,
    );
    if (mostFlashes(changes) > FLASH.perSecond) hazards.add('flashes');
  }
  return [...hazards];
}

function isSaturatedRed([red, green, blue]: Colour): boolean {
  const sum = red + green + blue;
  return sum > 0 && red / sum >= FLASH.redShare;
}

interface Change {
  readonly at: number;
  readonly rises: boolean;
}

/** The changes that may be half of a flash, with black before and after. */
function changesOf(luminances: readonly number[], slots: readonly LightSlot[]): Change[] {
  const changes: Change[] = [];
  let at = 0;
  let before = 0;
  for (const [i, luminance] of [...luminances, 0].entries()) {
    const counts = Math.abs(luminance - before) >= FLASH.change && Math.min(luminance, before) < FLASH.darker;
    if (counts) changes.push({ at, rises: luminance > before });
    before = luminance;
    at += slots[i]?.milliseconds ?? 0;
  }
  return changes;
}

/** The most pairs of opposing changes, one after the other, within any second. */
function mostFlashes(changes: readonly Change[]): number {
  const inSecond = (from: Change): Change[] =>
    changes.filter(({ at }) => at >= from.at && at < from.at + 1000);
  const flashesIn = (some: readonly Change[]): number =>
    Math.floor(some.filter(({ rises }, i) => i === 0 || rises !== some[i - 1]!.rises).length / 2);
  return Math.max(0, ...changes.map((change) => flashesIn(inSecond(change))));
}
