import { similarity } from '#core/matching';
import type { AnalysedFace } from '#core/recognition';
import { LIMITS } from './limits.ts';
import { printDifference } from './prints.ts';
import type { EvidenceFrame, FrameTrace, LivenessScores } from './types.ts';

export interface SeenFrame extends EvidenceFrame {
  readonly face: AnalysedFace;
}

/** Least similarity between any two faces, apart for pairs in which one is turned. */
export function leastSimilarity(frames: readonly SeenFrame[]): LivenessScores['leastSimilarity'] {
  let frontal: number | null = null;
  let turned: number | null = null;
  for (const [a, b] of pairs(frames)) {
    const value = similarity(a.face.template, b.face.template);
    if (isTurned(a.face) || isTurned(b.face)) turned = Math.min(turned ?? value, value);
    else frontal = Math.min(frontal ?? value, value);
  }
  return { frontal, turned };
}

const isTurned = ({ measurements: { yaw, pitch } }: AnalysedFace): boolean =>
  Math.hypot(yaw, pitch) > LIMITS.turned;

/**
 * Whether frames are copies of each other or of earlier ones, which are copies of each other, and the least difference between two.
 * A face before a camera is never twice the same: it moves, and the sensor has noise.
 */
export function findCopies(
  frames: readonly EvidenceFrame[],
  earlier: readonly FrameTrace[],
): { found: boolean; among: [EvidenceFrame, EvidenceFrame][]; leastDifference: number | null } {
  const { difference } = LIMITS;
  let leastDifference: number | null = null;
  const digests = frames.map(({ digest }) => digest);
  const known = new Set(earlier.map(({ digest }) => digest));
  const repeats = digests.some((digest) => known.has(digest));
  const among = pairs(frames).filter(([a, b]) => {
    if (a.digest === b.digest) {
      leastDifference = 0;
      return true;
    }
    const [first, second] = [printOf(a), printOf(b)];
    const isApart = b.capturedAt - a.capturedAt >= difference.apartMs;
    if (!first || !second) return false;
    const value = printDifference(first, second);
    leastDifference = Math.min(leastDifference ?? value, value);
    return value < (isApart ? difference.apart : difference.any);
  });
  return { found: repeats || among.length > 0 || wasSeenBefore(frames, earlier), among, leastDifference };
}

/**
 * Whether the frames show what earlier ones showed. A picture that was cropped, resized or relit is no closer to its
 * original than a frame may by chance be to one of another day, but of a replayed visit most frames are.
 */
function wasSeenBefore(frames: readonly EvidenceFrame[], earlier: readonly FrameTrace[]): boolean {
  const known = earlier.flatMap(({ print }) => print ?? []);
  const nearest = frames
    .flatMap((frame) => printOf(frame) ?? [])
    .map((own) => Math.min(...known.map((print) => printDifference(own, print))))
    .toSorted((a, b) => a - b);
  const [least, middle] = [nearest[0], nearest[nearest.length >> 1]];
  const { any, replayed } = LIMITS.difference;
  return (least ?? Infinity) < any || (middle ?? Infinity) < replayed;
}

const printOf = ({ analysis }: EvidenceFrame): Uint8Array | null => analysis.face?.passive?.print ?? null;

function pairs<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((a, i) => items.slice(i + 1).map((b): [T, T] => [a, b]));
}
