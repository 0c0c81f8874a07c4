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
 * Whether frames are copies of each other or of earlier ones, and the least difference between two of them.
 * A face before a camera is never twice the same: it moves, and the sensor has noise.
 */
export function findCopies(
  frames: readonly EvidenceFrame[],
  earlier: readonly FrameTrace[],
): { found: boolean; leastDifference: number | null } {
  const { difference } = LIMITS;
  let leastDifference: number | null = null;
  const isCopy = (a: Uint8Array, b: Uint8Array, limit: number): boolean => {
    const value = printDifference(a, b);
    leastDifference = Math.min(leastDifference ?? value, value);
    return value < limit;
  };
  const digests = frames.map(({ digest }) => digest);
  const known = new Set(earlier.map(({ digest }) => digest));
  const repeats = new Set(digests).size < digests.length || digests.some((digest) => known.has(digest));
  const among = pairs(frames).filter(([a, b]) => {
    const [first, second] = [printOf(a), printOf(b)];
    const isApart = b.capturedAt - a.capturedAt >= difference.apartMs;
    return first && second && isCopy(first, second, isApart ? difference.apart : difference.any);
  });
  const before = frames.filter((frame) => {
    const own = printOf(frame);
    return own && earlier.some(({ print }) => print && isCopy(own, print, difference.apart));
  });
  return { found: repeats || among.length > 0 || before.length > 0, leastDifference };
}

const printOf = ({ analysis }: EvidenceFrame): Uint8Array | null => analysis.face?.passive?.print ?? null;

function pairs<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((a, i) => items.slice(i + 1).map((b): [T, T] => [a, b]));
}
