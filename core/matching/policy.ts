import type { Calibration } from './calibration.ts';
import { similarity } from './template.ts';

/** When a face at the camera is taken for an enrolled person. The one place where that is decided. */
export interface Policy {
  /** Share of visits by strangers (0..1) that may end as a person enrolled, whatever the size of the collection. */
  readonly falsePositiveRate: number;
  /** Least lead in similarity of the best person over the second best, in units of the calibration's scale. */
  readonly margin: number;
}

/**
 * Measured on 1,000 enrolled people: a lead of 0.08 prevents two of three mistakes of one enrolled person for another
 * and costs 0.3 % of right answers; 0.15 prevents no more and costs 1.3 %.
 */
export const MARGIN = 0.08;

/** A lead below this leaves doubt, which asks for more proof where it is set so; twice what decides by itself. */
export const CLEAR_MARGIN = 2 * MARGIN;

/**
 * So much rarer a stranger may be taken for somebody enrolled where stills are all there is: no step and no operator stands between
 * a false match and its grant.
 */
export const STILLS_CAUTION = 10;

/** A stranger who shows a card chose whose: one comparison matches falsely at this rate at most. */
const VERIFICATION_RATE = 1e-4;

/** Least similarity, -1..1, of a face and the one template that its card carries. */
export const verificationSimilarity = (
  calibration: Pick<Calibration, 'similarityAtRate'>,
  falsePositiveRate: Policy['falsePositiveRate'],
): number => calibration.similarityAtRate(Math.min(falsePositiveRate, VERIFICATION_RATE));

/** A person's most similar reference. */
export interface Candidate {
  readonly faceId: string;
  readonly similarity: number;
}

/** The person that a face is taken for. `ambiguous`: similar enough, but two people are. */
export type Identity<Person> =
  | { readonly kind: 'known'; readonly person: Person }
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
): Identity<Pick<Candidate, 'faceId'>> {
  const [best, second] = candidates;
  if (best === undefined || best.similarity < calibration.similarityAtRate(falsePositiveRate / compared)) {
    return { kind: 'unknown' };
  }
  if (second !== undefined && best.similarity - second.similarity < margin * calibration.scale)
    return { kind: 'ambiguous' };
  return { kind: 'known', person: { faceId: best.faceId } };
}

/**
 * What automatic references may add at most to the similarity of the other references, in units of the calibration's
 * scale. A visitor who does not resemble the operator's pictures is refused, whatever the face learned since: at worst,
 * poisoned references lower the threshold of one face by this much, which takes an FMR of 1e-6 to about 1e-4.
 */
export const AUTOMATIC_LIFT = 0.15;

/**
 * Similarity of a face out of its most similar references. The maximum: measured to be as good as the mean of the best
 * two, or better.
 * @param firstHand of the references from an operator or an API
 * @param automatic of those the appliance added by itself; -Infinity without any
 * @param scale see {@link Calibration}
 */
export function fuse(firstHand: number, automatic: number, scale: number): number {
  return Math.max(firstHand, Math.min(automatic, firstHand + AUTOMATIC_LIFT * scale));
}

/**
 * Less far than this from a reference of the same person, in units of the calibration's scale, a picture is a copy of it: a head
 * that stays as it was gives .98 and more (19 of 20 of 340 drawn ones), turned by 15 degrees at most .97.
 */
const COPY = 0.03;

/** Whether a reference is nearly the same as another one of its person. @param scale see {@link Calibration} */
export const isCopy = (similarity: number, scale: number): boolean => similarity >= 1 - COPY * scale;

/**
 * Further than this from a reference of the same person, another one pays: it takes more misses away than the stricter threshold
 * for one more reference brings. Of photographs of 458 people, by how alike the two references are: below .7 a second one
 * took away 29 % of the misses or more, at .75 to .8 18 % (5 to 31 %), at .8 to .85 8 % (-7 to 30 %), at .85 to .9 it added 25 %.
 */
const DIFFERENCE = 0.2;

/** How many references of a person differ, so that they count towards their miss rate. @param scale see {@link Calibration} */
export function countDiffering(templates: readonly Float32Array[], scale: number): number {
  const differing: Float32Array[] = [];
  for (const template of templates) {
    if (differing.every((other) => similarity(other, template) < 1 - DIFFERENCE * scale))
      differing.push(template);
  }
  return differing.length;
}

/** Share of enrolments of new people that may be reported as duplicates. A false report costs one touch. */
export const FALSE_DUPLICATE_RATE = 1e-2;

/** How much rarer than a visit's false positive it must be that the wrong person is learned. */
const LEARNING_CAUTION = 100;
/** Less far from all references than this, in units of the calibration's scale, a template adds nothing to the face. */
const NOVELTY = 0.15;

/** A reference of the person recognised, compared with the template of the visit. */
export interface ComparedReference {
  readonly similarity: number;
  readonly automatic: boolean;
}

/**
 * Whether the template of a visit is worth keeping as an automatic reference of the person recognised: beyond doubt by
 * what an operator took (what the appliance learned has no say in this), and unlike all the face has.
 * @param compared number of references that were searched
 */
export function isWorthLearning(
  references: readonly ComparedReference[],
  compared: number,
  calibration: Calibration,
  { falsePositiveRate }: Policy,
): boolean {
  const firstHand = references.filter(({ automatic }) => !automatic).map((each) => each.similarity);
  const beyondDoubt = calibration.similarityAtRate(falsePositiveRate / LEARNING_CAUTION / compared);
  return (
    Math.max(...firstHand) >= beyondDoubt &&
    references.every((each) => each.similarity < 1 - NOVELTY * calibration.scale)
  );
}
