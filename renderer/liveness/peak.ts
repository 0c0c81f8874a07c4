/** Pictures of one step that are sent: one may be blurred, or its landmarks lag behind a lid. */
const STEP_FRAMES = 3;
/** Least milliseconds between two of them: nearer ones show the same, and a slow camera gives no more. */
export const STEP_GAP_MS = 80;

/**
 * The pictures around a step's height, in order of time: the nearest one, and while there are any the next nearest that
 * are apart from those chosen.
 * @param peak in milliseconds of the pictures' clock
 */
export function nearPeak<T extends { readonly at: number }>(pictures: readonly T[], peak: number): T[] {
  const chosen: T[] = [];
  for (const picture of pictures.toSorted((a, b) => Math.abs(a.at - peak) - Math.abs(b.at - peak))) {
    const isApart = chosen.every(({ at }) => Math.abs(at - picture.at) >= STEP_GAP_MS);
    if (isApart && chosen.length < STEP_FRAMES) chosen.push(picture);
  }
  return chosen.toSorted((a, b) => a.at - b.at);
}
