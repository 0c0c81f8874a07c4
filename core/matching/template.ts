/** How far from 1 the length of a template may be: rounding to 32 bits stays a thousand times below. */
const LENGTH_TOLERANCE = 1e-3;

/**
 * Whatever is compared passes here first: one NaN among the neighbours makes their order meaningless.
 * @throws RangeError unless the template has `dimension` finite numbers and unit length
 */
export function assertTemplate(template: Float32Array, dimension: number): void {
  const length = Math.sqrt(similarity(template, template));
  // Written so that NaN fails too.
  if (template.length === dimension && Math.abs(length - 1) < LENGTH_TOLERANCE) return;
  throw new RangeError(`A template has ${dimension} finite numbers and unit length.`);
}

/** Cosine similarity of two templates of one model, -1..1 up to rounding. */
export function similarity(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
