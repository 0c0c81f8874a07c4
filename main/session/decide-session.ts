import { DEFAULT_MATCH_LEVEL, LintelError, type Decision } from '#contract';
import { awayFromFrontal, type EvidenceFrame, type LivenessVerdict } from '#core/liveness';
import { matchLevel, similarity, type Calibration } from '#core/matching';
import { fitFrames, refuse } from './decide-visit.ts';
import type { Photo } from './face-sessions.ts';

export interface SessionVerdict {
  readonly decision: Decision;
  /** 0 where no face was compared. */
  readonly matchLevel: number;
}

/**
 * The decision on a visit by face session: as of any visit until a person is live, then the most frontal of the frames
 * that are good enough is compared with the photo. It grants nothing.
 * @param photoOf asked once a person is live; throws when the session has ended
 * @param modelId made the frames' templates
 * @throws LintelError `session-unknown`, `model-switched` where another model made the photo's template
 */
export function decideSession(
  frames: readonly EvidenceFrame[],
  liveness: LivenessVerdict,
  photoOf: () => Photo,
  modelId: string,
  calibration: Pick<Calibration, 'similarityAtRate'>,
): SessionVerdict {
  if (!liveness.passed) return { decision: refuse(liveness.reasons, frames), matchLevel: 0 };
  const [best] = fitFrames(frames).toSorted((a, b) => awayFromFrontal(a.face) - awayFromFrontal(b.face));
  if (best === undefined) return { decision: refuse(['poor-quality'], frames), matchLevel: 0 };
  const photo = photoOf();
  if (photo.modelId !== modelId) throw new LintelError('model-switched');
  const level = matchLevel(similarity(best.face.template, photo.template), calibration);
  const reason = level >= DEFAULT_MATCH_LEVEL ? 'photo-match' : 'photo-no-match';
  return {
    decision: { outcome: 'compared', reasons: [reason], hints: [], person: null },
    matchLevel: level,
  };
}
