import type { Calibration } from './calibration.ts';

/** When a face at the camera is taken for an enrolled person. The one place where that is decided. */
export interface Policy {
  /** Share of visits by strangers (0..1) that may end as somebody enrolled, whatever the size of the collection. */
  readonly falsePositiveRate: number;
  /** Least lead in similarity of the best person over the second best, in units of the calibration's scale. */
  readonly margin: number;
}

/**
 * Measured on 1,000 enrolled people: a lead of 0.08 prevents two of three mistakes of one enrolled person for another
 * and costs 0.3 % of right answers; 0.15 prevents no more and costs 1.3 %.
 */
export const MARGIN = 0.08;

/** A person's most similar reference. */
export interface Candidate {
  readonly faceId: string;
  readonly similarity: number;
}

/** `ambiguous`: similar enough, but two people are. */
export type Verdict =
  | { readonly kind: 'known'; readonly faceId: string }
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'unknown' };

/**
 * Who the candidates say it is. Comparing with n references gives a stranger n chances, so each comparison may match
 * falsely at the policy's rate divided by n only (Bonferroni's bound; ISO/IEC 19795-1 calls the total the FPIR).
 * @param candidates different people, best first; the two best are enough
 * @param compared number of references that were searched
 */
export function decideIdentity(
  candidates: readonly Candidate[],
  compared: number,
  calibration: Calibration,
  { falsePositiveRate, margin }: Policy,
): Verdict {
  const [best, second] = candidates;
  if (best === undefined || best.similarity < calibration.similarityAtRate(falsePositiveRate / compared)) {
    return { kind: 'unknown' };
  }
  if (second !== undefined && best.similarity - second.similarity < margin * calibration.scale)
    return { kind: 'ambiguous' };
  return { kind: 'known', faceId: best.faceId };
}
