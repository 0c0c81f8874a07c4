/** How far from 1 the length of a template may be: rounding to 32 bits stays a thousand times below. */
const LENGTH_TOLERANCE = 1e-3;

/** Whether a template has `dimension` finite numbers and unit length. */
export function isTemplate(template: Float32Array, dimension: number): boolean {
  const length = Math.sqrt(similarity(template, template));
  // Written so that NaN fails too.
  return template.length === dimension && Math.abs(length - 1) < LENGTH_TOLERANCE;
}

/**
 * Whatever is compared passes here first: one NaN among the neighbours makes their order meaningless.
 * @throws RangeError unless {@link isTemplate}
 */
export function assertTemplate(template: Float32Array, dimension: number): void {
  if (isTemplate(template, dimension)) return;
  throw new RangeError(`A template has ${dimension} finite numbers and unit length.`);
}

/** The same direction at length 1. */
export function atUnitLength(values: Float32Array): Float32Array {
  const length = Math.sqrt(similarity(values, values));
  return values.map((value) => value / length);
}

/** Cosine similarity of two templates of one model, -1..1 up to rounding. */
export function similarity(a: Float32Array, b: Float32Array): number {
  // Four sums, since each addition waits for the one before.
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < a.length; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (; i < a.length; i++) s0 += a[i]! * b[i]!;
  return s0 + s1 + s2 + s3;
}

/** A template as the plain array that hnswlib takes. A loop does it twenty times faster than Array.from. */
export function toArray(template: Float32Array): number[] {
  const values: number[] = [];
  for (let i = 0; i < template.length; i++) values.push(template[i]!);
  return values;
}
