import { createCipheriv, hkdfSync } from 'node:crypto';

/** Rounds of permutation, signs and Hadamard transform; from two on every number depends on every other. */
const ROUNDS = 3;

export const PROTECTION_KEY_BYTES = 32;

/** A secret rotation of templates: lengths and cosines stay, up to rounding. */
export interface TemplateProtection {
  /** The protected template, a new array. Cosines of protected templates differ from the originals' by under 1e-6. */
  readonly protect: (template: Float32Array) => Float32Array;
  /** The template that {@link protect} was given, up to rounding (under 1e-6 in each number). */
  readonly recover: (template: Float32Array) => Float32Array;
}

/**
 * The rotation of one deployment and model: three rounds of a random permutation, random signs and the normalised
 * Walsh-Hadamard transform, each orthonormal, so that inner products are preserved exactly but for rounding; computed
 * in 64-bit floats. About n log n additions, where a dense random rotation takes n squared multiplications
 * (Ailon and Chazelle, "The fast Johnson-Lindenstrauss transform", 2009, use one round).
 * @param key {@link PROTECTION_KEY_BYTES} random bytes, secret
 */
export function createTemplateProtection(
  key: Uint8Array,
  modelId: string,
  dimension: number,
): TemplateProtection {
  if (key.length !== PROTECTION_KEY_BYTES) throw new RangeError('A protection key has 32 bytes.');
  /** The largest power of two that is not above the number of dimensions. */
  const block = 2 ** Math.floor(Math.log2(dimension));
  const random = keystream(key, modelId);
  const rounds = Array.from({ length: ROUNDS }, () => ({
    order: permutation(dimension, random),
    signs: Float64Array.from({ length: dimension }, () => (random() & 1 ? 1 : -1)),
  }));
  return {
    protect: (template) => {
      let values = checked(template, dimension);
      for (const { order, signs } of rounds) {
        const mixed = new Float64Array(dimension);
        for (let i = 0; i < dimension; i++) mixed[i] = signs[i]! * values[order[i]!]!;
        values = mix(mixed, block);
      }
      return Float32Array.from(values);
    },
    recover: (template) => {
      let values = checked(template, dimension);
      for (const { order, signs } of rounds.toReversed()) {
        const mixed = unmix(values, block);
        values = new Float64Array(dimension);
        for (let i = 0; i < dimension; i++) values[order[i]!] = signs[i]! * mixed[i]!;
      }
      return Float32Array.from(values);
    },
  };
}

function checked(template: Float32Array, dimension: number): Float64Array {
  if (template.length !== dimension) throw new RangeError(`A template has ${dimension} numbers.`);
  return Float64Array.from(template);
}

/** Transforms the first `block` numbers, and, where there are more, then the last ones; in place. */
function mix(values: Float64Array, block: number): Float64Array {
  hadamard(values.subarray(0, block));
  if (block < values.length) hadamard(values.subarray(-block));
  return values;
}

function unmix(values: Float64Array, block: number): Float64Array {
  if (block < values.length) hadamard(values.subarray(-block));
  hadamard(values.subarray(0, block));
  return values;
}

/** The normalised Walsh-Hadamard transform, in place; its own inverse. */
function hadamard(values: Float64Array): void {
  const { length } = values;
  for (let half = 1; half < length; half *= 2) {
    for (let start = 0; start < length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const a = values[i]!;
        const b = values[i + half]!;
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
  const scale = 1 / Math.sqrt(length);
  for (let i = 0; i < length; i++) values[i]! *= scale;
}

/** Random 32-bit numbers: HKDF-SHA-256 (RFC 5869) gives each model its own key, AES-256-CTR the stream. */
function keystream(key: Uint8Array, modelId: string): () => number {
  const info = `lintel template protection 1\n${modelId}`;
  const cipher = createCipheriv(
    'aes-256-ctr',
    Buffer.from(hkdfSync('sha256', key, '', info, 32)),
    Buffer.alloc(16),
  );
  const zeros = Buffer.alloc(4096);
  let block = cipher.update(zeros);
  let offset = 0;
  return () => {
    if (offset === block.length) {
      block = cipher.update(zeros);
      offset = 0;
    }
    offset += 4;
    return block.readUInt32LE(offset - 4);
  };
}

/** Fisher and Yates, each order as likely: numbers that would favour small remainders are drawn again. */
function permutation(length: number, random: () => number): Uint16Array {
  const order = Uint16Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const fair = 2 ** 32 - (2 ** 32 % (i + 1));
    let drawn = random();
    while (drawn >= fair) drawn = random();
    const j = drawn % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
