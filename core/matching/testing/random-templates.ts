/** Made-up templates for tests and benchmarks. */

export { seeded } from '../seeded.ts';

/** A template in a random direction, or, given a centre, near it: at spread 0.7 their similarity is about 0.8. */
export function randomTemplate(
  dimension: number,
  random: () => number,
  centre?: Float32Array,
  spread = 0.7,
): Float32Array {
  const step = spread / Math.sqrt(dimension);
  const values = Float32Array.from(
    { length: dimension },
    (_, i) => (centre?.[i] ?? 0) + step * gaussian(random),
  );
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return values.map((value) => value / length);
}

/** Box and Muller's transform. */
const gaussian = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
