import { printDifference } from './prints.ts';
import type { FrameTrace } from './types.ts';

/** The differences that were found, for as long as somebody keeps both prints. */
const found = new WeakMap<Uint8Array, WeakMap<Uint8Array, number>>();

/** {@link printDifference} of two prints, which nobody writes to: it is found once. */
export function differenceOf(a: Uint8Array, b: Uint8Array): number {
  const ofFirst = found.get(a) ?? new WeakMap<Uint8Array, number>();
  found.set(a, ofFirst);
  const value = ofFirst.get(b) ?? printDifference(a, b);
  ofFirst.set(b, value);
  return value;
}

/**
 * Compares a frame while its visit goes on, so that the verdict has that done: a visit of fourteen frames has a hundred pairs.
 * @param before the frames of the visit that were looked at before
 * @param earlier frames of earlier visits
 */
export function compareAhead(
  { print: own }: FrameTrace,
  before: readonly FrameTrace[],
  earlier: readonly FrameTrace[],
): void {
  if (own === null) return;
  for (const { print } of before) if (print) differenceOf(print, own);
  for (const { print } of earlier) if (print) differenceOf(own, print);
}
