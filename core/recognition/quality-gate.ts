import type { QualityCode } from '#contract';
import type { FaceMeasurements } from './quality.ts';

/** The least and the most that is let through, in the units of {@link FaceMeasurements}. */
export interface QualityGate {
  readonly interOcular: number;
  readonly insideShare: number;
  readonly meanLuma: readonly [least: number, most: number];
  readonly contrast: number;
  readonly darkShare: number;
  readonly brightShare: number;
  readonly imbalance: number;
  readonly detail: number;
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  readonly eyeOpenness: number;
  readonly confidence: number;
  readonly embeddingNorm: number;
  readonly landmarkShift: number;
  readonly spoiling: number;
}

/**
 * For a probe: refuses what has little hope. At 16 pixels between the eyes, a face of about 36, the detector in
 * 640 x 480 is still sure and errors have not yet risen; at 12 they have. The limits on light, sharpness and the
 * networks' certainty stand where images made worse are rejected at least five times as often as untouched ones. Pose
 * and eyes cost this embedder little, so only what landmarks cannot follow is refused, and a face that sleeps.
 * Rolled by 45 to 50 degrees, four times as many people are missed as upright, by 50 to 55 eight times; beyond, the
 * landmarks no longer follow (docs/recognition.md).
 */
export const RECOGNITION_GATE: QualityGate = {
  interOcular: 16,
  insideShare: 0.85,
  meanLuma: [25, 230],
  contrast: 6,
  darkShare: 0.6,
  brightShare: 0.6,
  imbalance: 0.5,
  detail: 0.06,
  yaw: 50,
  pitch: 35,
  roll: 50,
  eyeOpenness: 0.1,
  confidence: 0.75,
  embeddingNorm: 2.5,
  landmarkShift: 3.5,
  spoiling: 1,
};

/**
 * For a reference, which serves for years: frontal, open-eyed, evenly lit. From 36 pixels between the eyes the
 * embedder works on pixels of the camera only (its own input has 35.2). Passports ask for 90 (ISO/IEC 39794-5), for
 * people who look at them; here nothing was gained above 16. Luma is limited loosely, since it also follows the skin.
 */
export const ENROLMENT_GATE: QualityGate = {
  interOcular: 36,
  insideShare: 1,
  meanLuma: [45, 210],
  contrast: 10,
  darkShare: 0.35,
  brightShare: 0.2,
  imbalance: 0.3,
  detail: 0.15,
  yaw: 25,
  pitch: 25,
  roll: 20,
  eyeOpenness: 0.15,
  confidence: 0.9,
  embeddingNorm: 3,
  landmarkShift: 3,
  spoiling: 1,
};

/** Why a face does not pass, in the order of the codes; empty when it does. */
export function checkGate(gate: QualityGate, face: FaceMeasurements): QualityCode[] {
  // Whatever else there is to say follows from that.
  if (face.turn !== 0) return ['not-upright'];
  const [darkest, brightest] = gate.meanLuma;
  const failures: QualityCode[] = [];
  const check = (code: QualityCode, passes: boolean): void => {
    if (!passes) failures.push(code);
  };
  check('face-too-small', face.interOcular >= gate.interOcular);
  check('face-cut-off', face.insideShare >= gate.insideShare);
  check('too-dark', face.meanLuma >= darkest && face.darkShare <= gate.darkShare);
  check('too-bright', face.meanLuma <= brightest && face.brightShare <= gate.brightShare);
  check('uneven-light', face.imbalance <= gate.imbalance);
  check('blurred', face.detail >= gate.detail && face.contrast >= gate.contrast);
  check('turned-away', Math.abs(face.yaw) <= gate.yaw && Math.abs(face.pitch) <= gate.pitch);
  check('head-tilted', Math.abs(face.roll) <= gate.roll);
  check('eyes-closed', face.eyeOpenness >= gate.eyeOpenness);
  if (failures.length > 0) return failures;
  const { spoiling } = face;
  if (spoiling !== null && spoiling.likeness > gate.spoiling) return [spoiling.code];
  // Nothing measures a cover itself. The networks doubt a covered face, so with no other reason that one remains.
  const clear =
    face.confidence >= gate.confidence &&
    (face.embeddingNorm ?? Infinity) >= gate.embeddingNorm &&
    face.landmarkShift <= gate.landmarkShift;
  return clear ? [] : ['face-covered'];
}
