import { LintelError } from '#contract/errors';
import type { Template } from './types.ts';

/**
 * The embedding at unit length (L2), and the length it had.
 * @throws LintelError `internal` for one that is no template
 */
export function toTemplate(embedding: Float32Array, dimension: number): { template: Template; norm: number } {
  const norm = Math.sqrt(embedding.reduce((sum, x) => sum + x * x, 0));
  if (embedding.length !== dimension || !Number.isFinite(norm) || norm === 0) {
    throw new LintelError('internal', 'The embedding network gave no usable answer.');
  }
  return { template: embedding.map((x) => x / norm), norm };
}
