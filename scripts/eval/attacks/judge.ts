import { createHash } from 'node:crypto';
import type { VisitFrame } from '#contract';
import { verifyLiveness, type EvidenceFrame, type LivenessVerdict, type SamePerson } from '#core/liveness';
import { loadCalibration } from '#core/matching';
import type { Recognizer } from '#core/recognition';
import type { Presentation } from '../../../test/attacks/index.ts';

/** Gives the appliance's own verdict on a presentation. */
export type Judge = (presentation: Presentation) => Promise<LivenessVerdict>;

/** False-match rates at which two frames count as one person's. */
const ONE_PERSON_RATE = { frontal: 1e-3, turned: 1e-2 };

/** @param modelsDir folder of the calibration tables @throws LintelError `calibration-missing` */
export async function createJudge(modelsDir: string, recognizer: Recognizer): Promise<Judge> {
  const calibration = await loadCalibration(modelsDir, recognizer.modelId);
  const samePerson: SamePerson = {
    frontal: calibration.similarityAtRate(ONE_PERSON_RATE.frontal),
    turned: calibration.similarityAtRate(ONE_PERSON_RATE.turned),
  };
  return async ({ challenge, frames, earlier, sessionMs }) => {
    const evidence = await Promise.all(frames.map((frame) => analyse(recognizer, frame)));
    const before =
      earlier === frames ? evidence : await Promise.all(earlier.map((f) => analyse(recognizer, f)));
    return verifyLiveness(
      {
        challenge,
        stepMs: STEP_MS,
        openedAt: 0,
        submittedAt: sessionMs,
        frames: evidence,
        earlier: before.map(({ digest, analysis }) => ({
          digest,
          print: analysis.face?.passive?.print ?? null,
        })),
      },
      samePerson,
    );
  };
}
/** What a kiosk allows unless it is set otherwise. */
const STEP_MS = 8000;

async function analyse(
  recognizer: Recognizer,
  { image, capturedAt, moment }: VisitFrame,
): Promise<EvidenceFrame> {
  return {
    moment,
    capturedAt,
    digest: createHash('sha256').update(image).digest('hex'),
    analysis: await recognizer.analyse(image, { passive: true }),
  };
}
