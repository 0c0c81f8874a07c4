import { z } from 'zod';
import { Direction } from './access.ts';
import { CHALLENGE_STEPS, ChallengeStep } from './challenge.ts';
import { DecisionReason } from './decision-reason.ts';
import { FaceId } from './ids.ts';
import { QualityCode } from './quality.ts';
import { ShownName } from './text.ts';

/** The outcome of a visit. Only a granted one names a person. */
export const Decision = z.object({
  /** `compared`: a live person was compared with the photo of a face session. It opens nothing, whatever the answer. */
  outcome: z.enum(['granted', 'denied', 'undecided', 'compared']),
  reasons: z.array(DecisionReason).min(1),
  /** What the visitor can mend, most urgent first: with `poor-quality`, and with `no-match` where it may have been that. */
  hints: z.array(QualityCode),
  /** `faceId` is null for a face that only the server has (`match-online`); the server does not send a name. */
  person: z.object({ faceId: FaceId.nullable(), name: ShownName.nullable() }).nullable(),
  /** With `step-missing`: the steps asked for that the pictures do not show, so that another try asks for others. */
  missed: z.array(ChallengeStep).max(CHALLENGE_STEPS.length).optional(),
  /** Of a person who was granted, in attendance: which way. */
  direction: Direction.optional(),
  /** The host of a visitor who has signed in. */
  host: ShownName.optional(),
});
export type Decision = z.infer<typeof Decision>;
