import type { ChallengeStep, DecisionReason } from '#contract';
import type { AnalysedFace } from '#core/recognition';
import { faceAspect, lidlessAspect, mouthSpread, noseParallax } from './geometry.ts';
import { LIMITS } from './limits.ts';
import { eyeDarkness, eyeDetail } from './prints.ts';
import type { StepScore } from './types.ts';

type Motion = Omit<StepScore, 'step' | 'milliseconds' | 'reason'>;

/** How a face moved from its rest. @param step that it is said to show: what that moves by itself is left out of its shape */
export function measureMotion(rest: AnalysedFace, face: AnalysedFace, step: ChallengeStep): Motion {
  const aspect = step === 'blink' ? lidlessAspect : faceAspect;
  const parallax = noseParallax(rest.landmarks, face.landmarks);
  const expected = cosine(face.measurements.yaw) / cosine(rest.measurements.yaw);
  return {
    yaw: face.measurements.yaw - rest.measurements.yaw,
    endYaw: face.measurements.yaw,
    pitch: face.measurements.pitch - rest.measurements.pitch,
    roll: face.measurements.roll - rest.measurements.roll,
    parallaxX: parallax.x,
    parallaxY: parallax.y,
    narrowing: aspect(face.landmarks) / aspect(rest.landmarks) / expected,
    eyes: opennessOf(rest, face),
    mouth: mouthSpread(face.landmarks) / mouthSpread(rest.landmarks),
  };
}

/**
 * Change of the eyes' aspect ratio, of the detail in them, and of how dark they are: where landmarks follow a lid poorly, the
 * pixels tell. Both eyes have to grow lighter.
 */
function opennessOf(rest: AnalysedFace, face: AnalysedFace): number {
  const aspect = face.measurements.eyeOpenness / rest.measurements.eyeOpenness;
  if (!rest.passive || !face.passive) return aspect;
  const [before, after] = [rest.passive.print, face.passive.print];
  const detail = Math.min(1, eyeDetail(after) / eyeDetail(before));
  const [left, right] = eyeDarkness(before);
  const [leftNow, rightNow] = eyeDarkness(after);
  const darker = Math.max(leftNow - left, rightNow - right);
  return aspect * detail * Math.min(1, Math.exp(LIMITS.blink.darkness * darker));
}

/** Why a motion is not the step asked for; null when it is. */
export const judgeStep = (step: ChallengeStep, motion: Motion): DecisionReason | null => JUDGES[step](motion);

const JUDGES: Readonly<Record<ChallengeStep, (motion: Motion) => DecisionReason | null>> = {
  // The visitor's left is the picture's right, where yaw is positive.
  'turn-left': (motion) => judgeTurn(motion, 1),
  'turn-right': (motion) => judgeTurn(motion, -1),
  blink: (motion) =>
    motion.eyes <= LIMITS.blink.eyes ? judgeStillness(motion, LIMITS.blink) : 'step-missing',
  smile: (motion) =>
    motion.mouth >= LIMITS.smile.mouth ? judgeStillness(motion, LIMITS.smile) : 'step-missing',
  nod: ({ yaw, pitch, parallaxY }) => {
    const { nod } = LIMITS;
    if (pitch > -nod.pitch || Math.abs(yaw) > nod.yaw) return 'step-missing';
    return parallaxY >= nod.parallax ? null : 'not-a-head';
  },
};

function judgeTurn(motion: Motion, direction: 1 | -1): DecisionReason | null {
  const { turn } = LIMITS;
  if (direction * motion.yaw < turn.yaw || direction * motion.endYaw < turn.endYaw) return 'step-missing';
  const isHead = direction * motion.parallaxX >= turn.parallax && motion.narrowing >= turn.narrowing;
  return isHead ? null : 'not-a-head';
}

function judgeStillness(
  { yaw, pitch, roll, narrowing }: Motion,
  { narrowing: [least, most] }: { readonly narrowing: readonly [least: number, most: number] },
): DecisionReason | null {
  const limit = LIMITS.expression;
  const isStill =
    Math.abs(yaw) <= limit.yaw &&
    Math.abs(pitch) <= limit.pitch &&
    Math.abs(roll) <= limit.roll &&
    narrowing >= least &&
    narrowing <= most;
  return isStill ? null : 'not-a-head';
}

const cosine = (degrees: number): number => Math.cos((degrees * Math.PI) / 180);
