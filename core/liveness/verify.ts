import { movesHead, type DecisionReason } from '#contract';
import { checkGate } from '#core/recognition';
import { meanOf } from './averages.ts';
import { showsSeveralPeople } from './bystanders.ts';
import { repetitionOf } from './continuity.ts';
import { judgeLight } from './light-evidence.ts';
import { LIMITS, REST_GATE } from './limits.ts';
import { findCopies, leastSimilarity, type SeenFrame } from './likeness.ts';
import { isInOrder, isWithinSession, spanOf } from './order.ts';
import { judgeStep, measureMotion } from './steps.ts';
import type { EvidenceFrame, LivenessSession, LivenessVerdict, SamePerson, StepScore } from './types.ts';

/**
 * Whether one live person stood at the camera and did what was asked, by what main itself found in the frames. Without
 * steps it says no more than that the frames are of one person and genuine, and nothing of whether that person is live. Pure:
 * the same session gives the same verdict.
 * @param samePerson what the embedding network's similarities mean
 */
export function verifyLiveness(session: LivenessSession, samePerson: SamePerson): LivenessVerdict {
  const { frames, earlier } = session;
  const seen = frames.filter(hasFace).map((frame) => ({ ...frame, face: frame.analysis.face }));
  const reasons = new Set<DecisionReason>();
  const require = (holds: boolean, reason: DecisionReason): void => void (holds || reasons.add(reason));

  require(seen.length === frames.length, 'no-face');
  require(!showsSeveralPeople(frames.map(({ analysis }) => analysis)), 'several-faces');
  require(isWithinSession(session), 'frames-not-genuine');
  const copies = findCopies(frames, earlier);
  require(!copies.found, 'frames-not-genuine');
  for (const reason of repetitionOf(frames, copies.among)) reasons.add(reason);

  const inOrder = isInOrder(session);
  require(inOrder, 'step-missing');
  const rest = seen.find(({ moment, face }) => moment.kind === 'baseline' && isAtRest(face));
  require(rest !== undefined || !frames.some(isBaseline), 'poor-quality');
  const steps = inOrder && rest ? scoreSteps(session, seen, rest) : [];
  for (const { reason } of steps) if (reason) reasons.add(reason);

  const light = session.light === undefined ? null : judgeLight(session.light, frames);
  if (light?.reason) reasons.add(light.reason);

  const similarities = leastSimilarity(seen);
  const isOnePerson =
    (similarities.frontal ?? 1) >= samePerson.frontal && (similarities.turned ?? 1) >= samePerson.turned;
  require(isOnePerson, 'different-people');
  const passive = meanOf(seen.flatMap(({ face }) => face.passive?.live ?? []));
  const looksLive = (passive ?? 1) >= LIMITS.passive.score;
  const isProved = looksLive || depthOf(steps) >= LIMITS.passive.parallax;
  require(isProved || session.challenge.length === 0, 'presentation-attack');

  return {
    passed: reasons.size === 0,
    reasons: [...reasons],
    missed: steps.filter(({ reason }) => reason === 'step-missing').map(({ step }) => step),
    scores: {
      steps,
      ...(light && { light: light.scores }),
      leastSimilarity: similarities,
      passive,
      leastDifference: copies.leastDifference,
      span: spanOf(frames),
    },
  };
}

type FrameWithFace = EvidenceFrame & { readonly analysis: { readonly face: SeenFrame['face'] } };
const hasFace = (frame: EvidenceFrame): frame is FrameWithFace => frame.analysis.face !== null;
const isBaseline = ({ moment }: EvidenceFrame): boolean => moment.kind === 'baseline';

function isAtRest({ measurements }: SeenFrame['face']): boolean {
  const { yaw, pitch } = LIMITS.rest;
  const isFrontal = Math.abs(measurements.yaw) <= yaw && Math.abs(measurements.pitch) <= pitch;
  return isFrontal && checkGate(REST_GATE, measurements).length === 0;
}

/**
 * Of each step the frame that shows it, or else the last one. Its time counts from the frame before the step, and may last no
 * longer since the part of the visit before it, whose end is when the step was asked for.
 */
function scoreSteps(session: LivenessSession, seen: readonly SeenFrame[], rest: SeenFrame): StepScore[] {
  return session.challenge.flatMap((step, number): StepScore[] => {
    const own = seen.filter(({ moment }) => moment.kind === 'step' && moment.step === number);
    const before = session.frames.findLast(({ capturedAt }) => capturedAt < (own[0]?.capturedAt ?? 0));
    const asked = session.frames.findLast(
      ({ capturedAt, moment }) => capturedAt < (own[0]?.capturedAt ?? 0) && moment.kind !== 'frontal',
    );
    const scores = own.map((frame): StepScore => {
      const motion = measureMotion(rest.face, frame.face, step);
      const milliseconds = frame.capturedAt - (before?.capturedAt ?? 0);
      const lasted = frame.capturedAt - (asked?.capturedAt ?? 0);
      const inTime = milliseconds >= LIMITS.leastStepMs && lasted <= session.stepMs + LIMITS.betweenStepsMs;
      return {
        step,
        ...motion,
        milliseconds,
        reason: inTime ? judgeStep(step, motion) : 'step-missing',
      };
    });
    const best = scores.find(({ reason }) => reason === null) ?? scores.at(-1);
    return best ? [best] : [];
  });
}

/** The most depth that a step which moves the head showed, as parallax. */
const depthOf = (steps: readonly StepScore[]): number =>
  Math.max(
    0,
    ...steps
      .filter(({ step }) => movesHead(step))
      .map(({ parallaxX, parallaxY }) => Math.hypot(parallaxX, parallaxY)),
  );
