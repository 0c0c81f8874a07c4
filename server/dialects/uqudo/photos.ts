import { LintelError } from '#contract';
import type { Calibration } from '#core/matching';
import { fromBase64 } from '../../http/images/index.ts';

/** 5 MB of the decoded image. */
const IMAGE_BYTES = 5 * 1024 * 1024;

/** The false-match rate of each level from 1 on: levels 2 to 5 are what Realeyes calls 70, 80, 90 and 95. */
const LEVEL_RATES = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6] as const;

/** @param value similarity, -1..1 @returns 1 to 5, or 0 below all levels */
export const levelOf = (value: number, calibration: Calibration): number =>
  LEVEL_RATES.filter((rate) => value >= calibration.similarityAtRate(rate)).length;

/** @throws `image-not-base64`, `image-empty`, `image-too-large` */
export const photoFrom = (text: string): Uint8Array => requireSize(fromBase64(text));

/** @throws `image-too-large` */
export function requireSize(photo: Uint8Array): Uint8Array {
  if (photo.length > IMAGE_BYTES) throw new LintelError('image-too-large', '(5 MB here)');
  return photo;
}
