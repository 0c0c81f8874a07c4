import { LintelError, type QualityCode } from '#contract';
import type { AnalysedFace, ImageAnalysis } from './analysis.ts';
import { checkGate, type QualityGate } from './quality-gate.ts';

/** A picture in which no face is found because none could be: its mean luma, 0..255. */
const NIGHT_LUMA = 40;

/** Why a picture of a visit shows no face: it is dark, or no person is there. */
export const whyNobody = ({ luma }: Pick<ImageAnalysis, 'luma'>): 'too-dark' | 'no-face' =>
  luma < NIGHT_LUMA ? 'too-dark' : 'no-face';

/** Why an image shows no face that could be recognised; null when it shows one. */
export function problemOf(
  { face, turn }: Pick<ImageAnalysis, 'face' | 'turn'>,
  gate: QualityGate,
): QualityCode | 'no-face' | null {
  if (face === null) return turn === 0 ? 'no-face' : 'not-upright';
  return checkGate(gate, face.measurements)[0] ?? null;
}

/**
 * The face of an image that passes a gate. Nothing else may become a reference: confidence is a promise about pictures
 * like those of the calibration, and poor pictures of different people resemble each other.
 * @throws LintelError `no-face`, or why the face does not pass (`QualityCode`)
 */
export function requireFace(analysis: ImageAnalysis, gate: QualityGate): AnalysedFace {
  const problem = problemOf(analysis, gate);
  if (problem !== null || analysis.face === null) throw new LintelError(problem ?? 'no-face');
  return analysis.face;
}
