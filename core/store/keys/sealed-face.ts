import { LintelError } from '#contract';
import { toTemplate } from '../disk/rows.ts';
import { seal, unseal } from './seal.ts';

/**
 * The blobs of one face under its own key. Which face they belong to, and which model made a template, is authenticated
 * along: a blob put in another's place does not open.
 */

export function sealTemplate(key: Buffer, faceId: string, modelId: string, template: Float32Array): Buffer {
  // 32-bit floats in the byte order of every platform Node runs on, little-endian.
  const bytes = Buffer.from(template.buffer, template.byteOffset, template.byteLength);
  return seal(key, bytes, ofTemplate(faceId, modelId));
}

/** @throws LintelError `store-corrupt` */
export function unsealTemplate(key: Buffer, faceId: string, modelId: string, sealed: Buffer): Float32Array {
  return toTemplate(opened(unseal(key, sealed, ofTemplate(faceId, modelId))));
}

export const sealImage = (key: Buffer, faceId: string, image: Uint8Array): Buffer =>
  seal(key, image, ofImage(faceId));

/** @throws LintelError `store-corrupt` */
export const unsealImage = (key: Buffer, faceId: string, sealed: Buffer): Buffer =>
  opened(unseal(key, sealed, ofImage(faceId)));

const ofTemplate = (faceId: string, modelId: string): string => `template\n${faceId}\n${modelId}`;
const ofImage = (faceId: string): string => `image\n${faceId}`;

function opened(bytes: Buffer | null): Buffer {
  if (bytes === null) throw new LintelError('store-corrupt', '(a sealed face)');
  return bytes;
}
