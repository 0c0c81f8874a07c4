import type { ChallengeStep, Decision } from '#contract';
import type { LivenessScores } from '#core/liveness';
import type { ServerAnswer } from './server-answer.ts';

/** What remains of a visit: no image and no template. */
export interface VisitRecord {
  /** Null when a code was given. */
  readonly visitId: string | null;
  /** ISO 8601. */
  readonly time: string;
  readonly outcome: Decision['outcome'];
  readonly reasons: Decision['reasons'];
  /** The face that the visit granted; null also for a person that only the server knows. */
  readonly faceId: string | null;
  readonly challenge: readonly ChallengeStep[];
  readonly scores: LivenessScores | null;
  /** Only where the server was asked. */
  readonly online?: Pick<ServerAnswer, 'code' | 'remoteId'>;
  /** Only of a visit by face session. */
  readonly sessionId?: string;
}

/** Called with each decided visit. It can neither delay nor undo the decision. */
export type VisitListener = (record: VisitRecord) => void | Promise<void>;
