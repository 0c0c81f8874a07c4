import { createHash } from 'node:crypto';
import type { Decision, VisitFrame } from '#contract';
import { samePersonOf, verifyLiveness, type EvidenceFrame, type LivenessVerdict } from '#core/liveness';
import { loadCalibration } from '#core/matching';
import type { Recognizer } from '#core/recognition';
import { decideVisit, type People } from '../../../main/session/decide-visit.ts';
import type { Presentation } from '../../../test/attacks/index.ts';

/** What the appliance finds about liveness, and what it decides then. */
export interface JudgedPresentation extends LivenessVerdict {
  readonly decision: Decision;
}

/** Gives the appliance's own verdict on a presentation, and its decision. */
export type Judge = (presentation: Presentation) => Promise<JudgedPresentation>;

const NOBODY: People = { count: async () => 0, identify: async () => ({ kind: 'unknown' }) };

/**
 * @param modelsDir folder of the calibration tables
 * @param people those who are enrolled
 * @throws LintelError `calibration-missing`
 */
export async function createJudge(
  modelsDir: string,
  recognizer: Recognizer,
  people: People = NOBODY,
): Promise<Judge> {
  const samePerson = samePersonOf(await loadCalibration(modelsDir, recognizer.modelId));
  // Attacks reuse frames: each is analysed once.
  const known = new WeakMap<Uint8Array, Promise<Pick<EvidenceFrame, 'digest' | 'analysis'>>>();
  const evidenceOf = async ({ image, moment, capturedAt }: VisitFrame): Promise<EvidenceFrame> => {
    const analysis = known.get(image) ?? analyse(recognizer, image);
    known.set(image, analysis);
    return { moment, capturedAt, arrivedAt: null, ...(await analysis) };
  };
  return async ({ challenge, frames, earlier, sessionMs }) => {
    const evidence = await Promise.all(frames.map(evidenceOf));
    const before = await Promise.all(earlier.map(evidenceOf));
    const liveness = verifyLiveness(
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
    const { decision } = await decideVisit(evidence, liveness, people, samePerson.frontal, async () => null);
    return { ...liveness, decision };
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
