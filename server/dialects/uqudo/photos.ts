import { LintelError } from '#contract';
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
