import { randomBytes } from 'node:crypto';
import type { NewReference } from '../records.ts';
import type { Store } from '../store.ts';

/** Made-up faces for tests. */

/** Opens another handle on the same place each time it is called. */
export type OpenStore = () => Promise<Store>;

export const MODEL = 'model-1';

export const newFaceId = (): string => `face_${randomBytes(16).toString('hex')}`;

/** Of unit length, as every template. */
export function newTemplate(length = 512): Float32Array {
  const values = Float32Array.from({ length }, () => Math.random() - 0.5);
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
}

export const newReference = (modelId = MODEL): NewReference => ({
  modelId,
  template: newTemplate(),
  quality: 0.9,
  source: 'file',
});
