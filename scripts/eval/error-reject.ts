/** An image that could be rejected; `quality` orders images, higher is better. */
export interface RatedImage {
  readonly person: string;
  readonly quality: number;
}

/** A comparison of two images of one person, by their positions in the list of images. */
export interface GenuineComparison {
  readonly a: number;
  readonly b: number;
  readonly similarity: number;
}

/** What remains once the worst images are gone; all shares 0..1. */
export interface RejectPoint {
  readonly rejected: number;
  readonly comparisons: number;
  /** Share of the remaining comparisons below the threshold. */
  readonly falseNonMatchRate: number;
  /**
   * The same with each person counted as often as they have images: n images make n (n - 1) / 2 comparisons, so that
   * a few much photographed people decide the plain rate.
   */
  readonly balancedRate: number;
}

export const REJECT_SHARES = [0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3] as const;

/**
 * Error versus reject (ISO/IEC 29794-1, error versus discard characteristic): false non-matches at a fixed threshold
 * while the images of lowest quality are dropped, whole images at a time. Ends where no comparison is left.
 * @param threshold similarity at and above which a comparison matches; chosen on all images, never on what remains
 */
export function errorRejectCurve(
  images: readonly RatedImage[],
  genuine: readonly GenuineComparison[],
  threshold: number,
  shares: readonly number[] = REJECT_SHARES,
): RejectPoint[] {
  const worstFirst = images.map((_, i) => i).toSorted((a, b) => images[a]!.quality - images[b]!.quality);
  const rankOf = new Map(worstFirst.map((image, rank) => [image, rank]));
  const counts = new Map([...Map.groupBy(images, ({ person }) => person)].map(([p, all]) => [p, all.length]));
  const comparisons = genuine.map(({ a, b, similarity }) => ({
    rank: Math.min(rankOf.get(a)!, rankOf.get(b)!),
    weight: 2 / (counts.get(images[a]!.person)! - 1),
    failed: similarity < threshold,
  }));
  const points: RejectPoint[] = [];
  for (const rejected of shares) {
    const kept = comparisons.filter(({ rank }) => rank >= Math.floor(rejected * images.length));
    if (kept.length === 0) break;
    const failed = kept.filter((comparison) => comparison.failed);
    points.push({
      rejected,
      comparisons: kept.length,
      falseNonMatchRate: failed.length / kept.length,
      balancedRate: weigh(failed) / weigh(kept),
    });
  }
  return points;
}

const weigh = (comparisons: readonly { weight: number }[]): number =>
  comparisons.reduce((sum, { weight }) => sum + weight, 0);
