import { LintelError } from '#contract';
import { matchLevel, similarity, type Calibration } from '#core/matching';
import { problemOf, RECOGNITION_GATE, type AnalysedFace, type ImageAnalysis } from '#core/recognition';
import { fromBase64 } from '../../http/images/index.ts';

/** 5 MB of the decoded image. */
const IMAGE_BYTES = 5 * 1024 * 1024;

/** @throws `image-not-base64`, `image-empty`, `image-too-large` */
export const photoFrom = (text: string): Uint8Array => requireSize(fromBase64(text));

/** @throws `image-too-large` */
export function requireSize(photo: Uint8Array): Uint8Array {
  if (photo.length > IMAGE_BYTES) throw new LintelError('image-too-large', '(5 MB here)');
  return photo;
}

/** The face that a photo shows clearly, or null: spoiled photos resemble each other, also when they show other people. */
export const clearFaceOf = (analysis: ImageAnalysis): AnalysedFace | null =>
  problemOf(analysis, RECOGNITION_GATE) === null ? analysis.face : null;

/** How alike two faces are, 0 to 5; to null, of a photo that shows none clearly, nothing is alike. */
export const levelOf = (
  a: Pick<AnalysedFace, 'template'> | null,
  b: Pick<AnalysedFace, 'template'> | null,
  calibration: Calibration,
): number => (a === null || b === null ? 0 : matchLevel(similarity(a.template, b.template), calibration));
