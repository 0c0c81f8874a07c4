import { randomBytes } from 'node:crypto';
import type { NewReference } from './records.ts';
import type { Store } from './store.ts';

/** Made-up faces for tests. */

/** Opens another handle on the same place each time it is called. */
export type OpenStore = () => Promise<Store>;

export const MODEL = 'model-1';

export const newFaceId = (): string => `face_${randomBytes(16).toString('hex')}`;

export const newReference = (modelId = MODEL): NewReference => ({
  modelId,
  template: Float32Array.from({ length: 512 }, () => Math.random() - 0.5),
  quality: 0.9,
  source: 'file',
});
