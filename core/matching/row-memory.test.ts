import { describe, expect, it } from 'vitest';
import { randomTemplate, seeded } from './testing/random-templates.ts';
import { layoutOf, RowMemory, scratchOf } from './row-memory.ts';

const memory = new RowMemory();
const { kernel } = memory;
const { buffer } = memory.memory;
const { query, products } = scratchOf('caller');

describe('the kernel', () => {
  it.each([1, 16, 128, 500, 512])('rounds a template of %i numbers and says by how much', (dimension) => {
    const random = seeded(dimension);
    const { length } = layoutOf(dimension);
    for (let i = 0; i < 20; i++) {
      const template = randomTemplate(dimension, random);
      const place = new Float32Array(buffer, products, length + 1);
      place.fill(0).set(template);
      const to = products + 8 * length;
      const step = kernel.round(products, to, length, products + 4 * length);
      const rounded = Float64Array.from(new Int8Array(buffer, to, dimension), (value) => value * step);
      expect(step).toBeCloseTo(Math.max(...template.map(Math.abs)) / 127, 8);
      for (const [d, value] of template.entries()) {
        expect(Math.abs(value - rounded[d]!)).toBeLessThanOrEqual(step * 0.501);
      }
      const error = Math.hypot(...template.map((value, d) => value - rounded[d]!));
      expect(place[length]).toBeCloseTo(error, 6);
    }
  });

  it.each([1, 2, 3, 5, 6, 8, 9])('multiplies one query or four with each of %i rows, exactly', (count) => {
    const random = seeded(count);
    const { length, rows } = layoutOf(70);
    const address = memory.take();
    const row = new Int8Array(memory.memory.buffer, address, count * length);
    const steps = new Float32Array(memory.memory.buffer, address + rows * length, count);
    const queries = new Int16Array(memory.memory.buffer, query, 4 * length);
    for (let i = 0; i < row.length; i++) row[i] = Math.floor(random() * 255) - 127;
    for (let i = 0; i < queries.length; i++) queries[i] = Math.floor(random() * 4095) - 2047;
    for (let r = 0; r < count; r++) steps[r] = 2 ** (r - 2);
    const wanted = Array.from({ length: count }, (_, r) => r).flatMap((r) =>
      [0, 1, 2, 3].map((q) => {
        let sum = 0;
        for (let d = 0; d < length; d++) sum += row[r * length + d]! * queries[q * length + d]!;
        return sum * steps[r]!;
      }),
    );
    // Nothing is written beyond the products of the rows.
    const place = new Float32Array(memory.memory.buffer, products, 4 * count + 16);
    const beyond = Array<number>(16).fill(-1);
    place.fill(-1);
    kernel.scan4(address, address + rows * length, count, length, query, products);
    expect([...place]).toEqual([...wanted, ...beyond]);
    place.fill(-1);
    kernel.scan1(address, address + rows * length, count, length, query, products);
    expect([...place.subarray(0, count + 16)]).toEqual([...wanted.filter((_, i) => i % 4 === 0), ...beyond]);
    memory.give([address]);
  });
});

describe('blocks', () => {
  it('are zeros again when they were given back', () => {
    const address = memory.take();
    new Uint8Array(memory.memory.buffer, address, 9).fill(7);
    memory.give([address]);
    expect(memory.take()).toBe(address);
    expect([...new Uint8Array(memory.memory.buffer, address, 9)]).toEqual(Array(9).fill(0));
  });
});
