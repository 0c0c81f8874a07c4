/** Made-up templates for tests and benchmarks. */

/** Numbers from 0 to 1, the same for the same seed. Algorithm: mulberry32 (T. Ettinger, public domain). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

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
