import type { DecisionReason } from '#contract';
import type { EvidenceFrame } from './types.ts';

type Timed = Pick<EvidenceFrame, 'capturedAt'>;

/**
 * How a stream of frames repeats itself. It froze where a frame is a copy of the one before, and it loops where a picture
 * comes back after others. A camera does neither: faces move, and sensors have noise. Pure.
 * @param copies pairs of frames that are copies of each other
 */
export function repetitionOf<F extends Timed>(
  frames: readonly F[],
  copies: readonly (readonly [F, F])[],
): DecisionReason[] {
  const inTime = frames.toSorted((a, b) => a.capturedAt - b.capturedAt);
  const isCopy = (a: F, b: F): boolean => copies.some((pair) => pair.includes(a) && pair.includes(b));
  const isFrozen = inTime.some((frame, i) => i > 0 && isCopy(inTime[i - 1]!, frame));
  const isLooped = inTime.some((first, i) =>
    inTime
      .slice(i + 2)
      .some(
        (again, j) =>
          isCopy(first, again) && inTime.slice(i + 1, i + 2 + j).some((between) => !isCopy(first, between)),
      ),
  );
  return [
    ...(isFrozen ? (['frames-frozen'] as const) : []),
    ...(isLooped ? (['frames-looped'] as const) : []),
  ];
}
