import type { ChallengeStep, Decision } from '#contract';
import type { LivenessScores } from '#core/liveness';

/** What remains of a visit: no image and no template. Whoever keeps it decides for how long. */
export interface VisitRecord {
  /** Null when a code was given. */
  readonly visitId: string | null;
  /** ISO 8601. */
  readonly time: string;
  readonly outcome: Decision['outcome'];
  readonly reasons: Decision['reasons'];
  /** Whom the visit granted. */
  readonly faceId: string | null;
  readonly challenge: readonly ChallengeStep[];
  readonly scores: LivenessScores | null;
}

export type RecordVisit = (record: VisitRecord) => void | Promise<void>;
