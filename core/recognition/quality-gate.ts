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
  readonly cover: number;
  /** How many times as bright as the face the picture around the head may be. */
  readonly backlight: number;
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
  cover: Infinity,
  backlight: Infinity,
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
  cover: 1,
  backlight: Infinity,
};

/**
 * For a probe of a visit, whose references are good: a poor probe is missed, but it matches other people no more often than a
 * good one. So a limit stands where more than half of the probes beyond it would be missed anyway, and covers are
 * refused since steps and matches need the whole face (docs/recognition.md, "Pictures of a visit").
 */
export const VISIT_GATE: QualityGate = {
  ...RECOGNITION_GATE,
  interOcular: 8,
  meanLuma: [15, 230],
  darkShare: 0.8,
  contrast: 4,
  embeddingNorm: 2,
  spoiling: Infinity,
  cover: 1,
};

/** What may have kept a face that passed {@link VISIT_GATE} from matching: told after a miss only. */
export const ADVICE_GATE: QualityGate = { ...RECOGNITION_GATE, meanLuma: [45, 230], backlight: 2.5 };

/** Around a face that is too dark, so many times its light means that the light comes from behind. */
const BACKLIT = 2;

/** Why a face does not pass, in the order of the codes; empty when it does. */
export function checkGate(gate: QualityGate, face: FaceMeasurements): QualityCode[] {
  // Whatever else there is to say follows from that.
  if (face.turn !== 0) return ['not-upright'];
  const { cover, spoiling } = face;
  const [darkest, brightest] = gate.meanLuma;
  // A cover changes the light on a face. One that is dark or out of focus looks as if it were covered.
  const isVisible = face.meanLuma >= darkest && face.detail >= gate.detail;
  if (isVisible && cover !== null && cover.likeness > gate.cover) return [cover.code];
  const backlight = face.surroundLuma / Math.max(1, face.meanLuma);
  const failures: QualityCode[] = [];
  const check = (code: QualityCode, passes: boolean): void => {
    if (!passes) failures.push(code);
  };
  check('face-too-small', face.interOcular >= gate.interOcular);
  check('face-cut-off', face.insideShare >= gate.insideShare);
  const isLit = face.meanLuma >= darkest && face.darkShare <= gate.darkShare;
  check('too-dark', isLit || backlight > BACKLIT);
  check('backlit', (isLit || backlight <= BACKLIT) && backlight <= gate.backlight);
  check('too-bright', face.meanLuma <= brightest && face.brightShare <= gate.brightShare);
  check('uneven-light', face.imbalance <= gate.imbalance);
  check('blurred', face.detail >= gate.detail && face.contrast >= gate.contrast);
  check('turned-away', Math.abs(face.yaw) <= gate.yaw && Math.abs(face.pitch) <= gate.pitch);
  check('head-tilted', Math.abs(face.roll) <= gate.roll);
  check('eyes-closed', face.eyeOpenness >= gate.eyeOpenness);
  if (failures.length > 0) return failures;
  // Where a network has no table of covers, likeness to spoiled pictures is what tells them.
  const mostLike = cover === null ? Math.min(1, gate.spoiling) : gate.spoiling;
  if (spoiling !== null && spoiling.likeness > mostLike) return [nameCover(spoiling.code, cover)];
  // The networks doubt a covered face, so with no other reason that one remains.
  const clear =
    face.confidence >= gate.confidence &&
    (face.embeddingNorm ?? Infinity) >= gate.embeddingNorm &&
    face.landmarkShift <= gate.landmarkShift;
  return clear ? [] : [nameCover('face-covered', cover)];
}

/** What covers a face that is refused as covered, where it is known. */
const nameCover = (code: QualityCode, cover: FaceMeasurements['cover']): QualityCode =>
  code === 'face-covered' && cover !== null && cover.likeness > 1 ? cover.code : code;
