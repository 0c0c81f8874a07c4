import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { seeded } from './seeded.ts';
import { randomTemplate } from './testing/random-templates.ts';
import { similarity } from './template.ts';
import { createTemplateProtection } from './template-protection.ts';

const random = seeded(3);

describe.each([96, 128, 512])('template protection in %i dimensions', (dimension) => {
  const key = randomBytes(32);
  const { protect, recover } = createTemplateProtection(key, 'model-1', dimension);
  const template = (centre?: Float32Array) => randomTemplate(dimension, random, centre);

  it('keeps every cosine and can be undone, within the stated error', () => {
    for (let i = 0; i < 500; i++) {
      const a = template();
      const b = template(a);
      const [pa, pb] = [protect(a), protect(b)];
      expect(Math.abs(similarity(pa, pb) - similarity(a, b))).toBeLessThan(1e-6);
      expect(Math.abs(similarity(pa, pa) - similarity(a, a))).toBeLessThan(1e-6);
      const error = recover(pa).map((value, k) => Math.abs(value - a[k]!));
      expect(Math.max(...error)).toBeLessThan(1e-6);
    }
  });

  it('is the same for the same key and model, and unrelated for another', () => {
    const a = template();
    const pa = protect(a);
    expect(createTemplateProtection(key, 'model-1', dimension).protect(a)).toEqual(pa);
    const others = Array.from({ length: 200 }, (_, i) =>
      i === 0
        ? createTemplateProtection(key, 'model-2', dimension)
        : createTemplateProtection(randomBytes(32), 'model-1', dimension),
    ).map((other) => similarity(other.protect(a), pa));
    // Independent directions: the cosine has mean 0 and variance 1/n.
    const variance = others.reduce((sum, cosine) => sum + cosine * cosine, 0) / others.length;
    expect(variance * dimension).toBeGreaterThan(0.6);
    expect(variance * dimension).toBeLessThan(1.6);
    expect(Math.abs(similarity(a, pa))).toBeLessThan(6 / Math.sqrt(dimension));
  });

  it('spreads a single number over all', () => {
    const a = new Float32Array(dimension);
    a[7] = 1;
    const spread = protect(a).map((value) => value * value);
    expect(Math.max(...spread)).toBeLessThan(30 / dimension);
  });

  it('takes only templates of its dimension', () => {
    expect(() => protect(new Float32Array(dimension - 1))).toThrow(RangeError);
  });
});

it('takes only a key of 256 bits', () => {
  expect(() => createTemplateProtection(randomBytes(31), 'm', 512)).toThrow('32 bytes');
});
