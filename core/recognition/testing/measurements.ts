import type { FaceMeasurements } from '../quality.ts';

/** A sharp, frontal, evenly lit face near the camera. */
export const GOOD_FACE: FaceMeasurements = {
  interOcular: 60,
  insideShare: 1,
  meanLuma: 130,
  surroundLuma: 120,
  contrast: 35,
  darkShare: 0,
  brightShare: 0,
  imbalance: 0.05,
  detail: 0.6,
  yaw: 2,
  pitch: -3,
  roll: 1,
  eyeOpenness: 0.3,
  confidence: 0.9999,
  embeddingNorm: 4,
  landmarkShift: 1,
  spoiling: null,
  cover: null,
  turn: 0,
};
