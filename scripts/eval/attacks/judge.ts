import { createHash } from 'node:crypto';
import type { VisitFrame } from '#contract';
import { samePersonOf, verifyLiveness, type EvidenceFrame, type LivenessVerdict } from '#core/liveness';
import { loadCalibration } from '#core/matching';
import type { Recognizer } from '#core/recognition';
import type { Presentation } from '../../../test/attacks/index.ts';

/** Gives the appliance's own verdict on a presentation. */
export type Judge = (presentation: Presentation) => Promise<LivenessVerdict>;

/** @param modelsDir folder of the calibration tables @throws LintelError `calibration-missing` */
export async function createJudge(modelsDir: string, recognizer: Recognizer): Promise<Judge> {
  const samePerson = samePersonOf(await loadCalibration(modelsDir, recognizer.modelId));
  // Attacks reuse frames: each is analysed once.
  const known = new WeakMap<Uint8Array, Promise<Pick<EvidenceFrame, 'digest' | 'analysis'>>>();
  const evidenceOf = async ({ image, moment, capturedAt }: VisitFrame): Promise<EvidenceFrame> => {
    const analysis = known.get(image) ?? analyse(recognizer, image);
    known.set(image, analysis);
    return { moment, capturedAt, ...(await analysis) };
  };
  return async ({ challenge, frames, earlier, sessionMs }) => {
    const evidence = await Promise.all(frames.map(evidenceOf));
    const before = await Promise.all(earlier.map(evidenceOf));
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
  image: Uint8Array,
): Promise<Pick<EvidenceFrame, 'digest' | 'analysis'>> {
  return {
    digest: createHash('sha256').update(image).digest('hex'),
    analysis: await recognizer.analyse(image, { passive: true }),
  };
}
