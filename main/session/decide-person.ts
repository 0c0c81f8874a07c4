import type { Decision, DecisionReason } from '#contract';
import { awayFromFrontal, showsSeveralPeople } from '#core/liveness';
import { similarity, type Identity } from '#core/matching';
import type { AnalysedFace, FaceMeasurements, ImageAnalysis } from '#core/recognition';

export type Person = NonNullable<Decision['person']>;

/** What a decision reads of a face. */
export type SeenFace = Pick<AnalysedFace, 'confidence' | 'boundingBox' | 'template'> & {
  readonly measurements: Pick<FaceMeasurements, 'yaw' | 'pitch'>;
};

/** One frame of a visit: what was seen in it, and the identity of its dominant face. */
export interface FrameFinding {
  readonly analysis: Pick<ImageAnalysis, 'others'> & { readonly face: SeenFace | null };
  readonly identity: Identity<Person>;
}

export interface VisitFindings {
  readonly frames: readonly FrameFinding[];
  readonly enrolledCount: number;
  /** Cosine similarity below which two templates of one visit are taken for two people. */
  readonly samePersonSimilarity: number;
}

/**
 * Who stands at the camera, from the frames of one visit. Undecided means that these pictures cannot answer and new
 * ones may; granted needs the most frontal frame to match and no frame to match anybody else.
 */
export function decidePerson({ frames, enrolledCount, samePersonSimilarity }: VisitFindings): Decision {
  const seen = frames.flatMap(({ analysis: { face }, identity }) => (face ? [{ face, identity }] : []));
  const best = seen.toSorted((a, b) => awayFromFrontal(a.face) - awayFromFrontal(b.face))[0];
  if (!best) return undecided('no-face');
  if (showsSeveralPeople(frames.map(({ analysis }) => analysis))) return undecided('several-faces');
  if (
    !areOnePerson(
      seen.map(({ face }) => face.template),
      samePersonSimilarity,
    )
  ) {
    return undecided('different-people');
  }
  if (enrolledCount === 0) return denied('empty-gallery');
  if (best.identity.kind === 'unknown') return denied('no-match');
  if (best.identity.kind === 'ambiguous') return undecided('ambiguous');
  const { person } = best.identity;
  const isSomebodyElse = ({ identity }: { identity: Identity<Person> }): boolean =>
    identity.kind === 'known' && identity.person.faceId !== person.faceId;
  if (seen.some(isSomebodyElse)) return undecided('different-people');
  return { outcome: 'granted', reasons: ['match'], hints: [], person };
}

/** The decision for a person that is not known here and that the server found. */
export const grantedOnline = (person: Person): Decision => ({
  outcome: 'granted',
  reasons: ['match-online'],
  hints: [],
  person,
});

const undecided = (reason: DecisionReason): Decision => ({
  outcome: 'undecided',
  reasons: [reason],
  hints: [],
  person: null,
});
const denied = (reason: DecisionReason): Decision => ({
  outcome: 'denied',
  reasons: [reason],
  hints: [],
  person: null,
});

function areOnePerson(templates: readonly Float32Array[], leastSimilarity: number): boolean {
  return templates.every((a, i) => templates.slice(i + 1).every((b) => similarity(a, b) >= leastSimilarity));
}
