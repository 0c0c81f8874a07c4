import { similarity } from '#core/matching';
import type { AnalysedFace } from '#core/recognition';
import { meanOf, medianOf } from './averages.ts';
import { differenceOf } from './compare-prints.ts';
import { LIMITS } from './limits.ts';
import type { EvidenceFrame, FrameTrace, LivenessScores } from './types.ts';

export interface SeenFrame extends EvidenceFrame {
  readonly face: AnalysedFace;
}

/**
 * How alike the faces of a visit are: the least similarity between two frontal ones, and of turned ones the least of how alike each
 * is to the frontal ones in the middle. Faces that are turned apart say little of each other, and the more pairs are looked at, the
 * less alike the worst of them is by chance. Without a frontal face it is the least similarity of all pairs.
 */
export function leastSimilarity(frames: readonly SeenFrame[]): LivenessScores['leastSimilarity'] {
  const frontal = frames.filter(({ face }) => !isTurned(face));
  if (frontal.length === 0) return { frontal: null, turned: least(pairs(frames).map(alike)) };
  const turned = frames.filter(({ face }) => isTurned(face));
  return {
    frontal: least(pairs(frontal).map(alike)),
    turned: least(turned.map((frame) => meanOf(frontal.map((other) => alike([frame, other])))!)),
  };
}

const alike = ([a, b]: readonly [SeenFrame, SeenFrame]): number =>
  similarity(a.face.template, b.face.template);

const least = (values: readonly number[]): number | null =>
  values.length === 0 ? null : Math.min(...values);

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
  const digests = frames.map(({ digest }) => digest);
  const known = new Set(earlier.map(({ digest }) => digest));
  const repeats = digests.some((digest) => known.has(digest));
  const compared = pairs(frames).flatMap(([a, b]): Compared[] => {
    const isApart = b.capturedAt - a.capturedAt >= difference.apartMs;
    if (a.digest === b.digest) return [{ pair: [a, b], isApart, value: 0 }];
    const [first, second] = [printOf(a), printOf(b)];
    return first && second ? [{ pair: [a, b], isApart, value: differenceOf(first, second) }] : [];
  });
  const close = compared.filter(
    ({ value, isApart }) => value < (isApart ? difference.apart : difference.any),
  );
  // A hundred pairs are compared: one may be close by chance. A stream that repeats itself has several.
  const isChance = close.length === 1 && close[0]!.value >= difference.any;
  const among = isChance ? [] : close.map(({ pair }) => pair);
  return {
    found: repeats || among.length > 0 || wasSeenBefore(frames, earlier, compared),
    among,
    leastDifference: compared.length === 0 ? null : Math.min(...compared.map(({ value }) => value)),
  };
}

/** Two frames of a visit, and how much they differ. */
interface Compared {
  readonly pair: [EvidenceFrame, EvidenceFrame];
  readonly isApart: boolean;
  readonly value: number;
}

/**
 * Whether the frames show what earlier ones showed. A picture that was cropped, resized or relit is no closer to its
 * original than a frame may by chance be to one of another day, but of a replayed visit most frames are. Where noise or
 * compression adds to every difference, most are still much closer to their originals than to the rest of their own visit.
 */
function wasSeenBefore(
  frames: readonly EvidenceFrame[],
  earlier: readonly FrameTrace[],
  compared: readonly Compared[],
): boolean {
  const known = earlier.flatMap(({ print }) => print ?? []);
  const found = frames.flatMap((frame) => {
    const own = printOf(frame);
    if (!own) return [];
    const nearest = Math.min(...known.map((print) => differenceOf(own, print)));
    const within = compared
      .filter(({ pair, isApart }) => isApart && pair.includes(frame))
      .map(({ value }) => value);
    return [{ nearest, share: within.length === 0 ? Infinity : nearest / Math.min(...within) }];
  });
  const { any, replayed, recoded } = LIMITS.difference;
  const middle = medianOf(found.map(({ nearest }) => nearest));
  const isRecoded = middle < recoded.nearest && medianOf(found.map(({ share }) => share)) < recoded.share;
  return found.some(({ nearest }) => nearest < any) || middle < replayed || isRecoded;
}

const printOf = ({ analysis }: EvidenceFrame): Uint8Array | null => analysis.face?.passive?.print ?? null;

function pairs<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((a, i) => items.slice(i + 1).map((b): [T, T] => [a, b]));
}
