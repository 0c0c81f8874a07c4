import { describe, expect, it } from 'vitest';
import { ExactIndex } from './exact-index.ts';
import { HnswIndex } from './hnsw-index.ts';
import { randomTemplate, seeded } from './testing/random-templates.ts';
import { similarity } from './template.ts';
import type { TemplateIndex } from './template-index.ts';

const DIMENSION = 16;

/** What {@link TemplateIndex.search} must find, computed in the plainest way. */
function neighbours(templates: ReadonlyMap<number, Float32Array>, probe: Float32Array, count: number) {
  return [...templates]
    .map(([label, template]) => ({ label, similarity: similarity(template, probe) }))
    .toSorted((a, b) => b.similarity - a.similarity)
    .slice(0, count);
}

describe.each<[string, (dimension: number) => TemplateIndex]>([
  ['ExactIndex', (dimension) => new ExactIndex(dimension)],
  ['ExactIndex on its thread', (dimension) => new ExactIndex(dimension, 0)],
  ['HnswIndex', (dimension) => new HnswIndex(dimension, 10_000)],
])('%s', (_, create) => {
  it('finds nothing in an empty index', async () => {
    expect(await create(DIMENSION).search(randomTemplate(DIMENSION, seeded(1)), 3)).toEqual([]);
  });

  it('refuses what is no template, and a label twice', async () => {
    const index = create(DIMENSION);
    const template = randomTemplate(DIMENSION, seeded(2));
    for (const wrong of [
      template.subarray(1),
      new Float32Array(DIMENSION),
      template.map((value) => 2 * value),
      template.map((value, i) => (i === 3 ? Number.NaN : value)),
      template.map((value, i) => (i === 3 ? Number.POSITIVE_INFINITY : value)),
    ]) {
      expect(() => index.add(1, wrong)).toThrow(RangeError);
      await expect(index.search(wrong, 1)).rejects.toThrow(RangeError);
    }
    expect(index.size).toBe(0);
    index.add(1, template);
    expect(() => index.add(1, template)).toThrow(RangeError);
    expect(index.size).toBe(1);
  });

  it('no longer finds what was removed, even when everything left points away', async () => {
    const index = create(DIMENSION);
    const template = randomTemplate(DIMENSION, seeded(6));
    index.add(1, template);
    index.add(
      2,
      template.map((value) => -value),
    );
    expect(index.remove(1)).toBe(true);
    expect(index.remove(1)).toBe(false);
    expect(await index.search(template, 2)).toEqual([{ label: 2, similarity: expect.closeTo(-1, 5) }]);
  });
});

describe('ExactIndex', () => {
  it.each([
    [1, 4096],
    [2, 4096],
    [3, 30],
    [4, 0],
  ])(
    'equals comparing with each template, whatever came and went (seed %i, %i on this thread)',
    async (seed, few) => {
      const random = seeded(seed);
      const index = new ExactIndex(DIMENSION, few);
      const templates = new Map<number, Float32Array>();
      for (let step = 0; step < 400; step++) {
        // Every other stretch of 50 mostly removes, so that the index runs nearly empty and is filled again.
        const adds = random() < (step % 100 < 50 ? 0.9 : 0.1);
        const label = adds ? step : ([...templates.keys()][Math.floor(random() * templates.size)] ?? step);
        const was = templates.has(label);
        if (adds) templates.set(label, randomTemplate(DIMENSION, random));
        else templates.delete(label);
        expect(adds ? index.add(label, templates.get(label)!) : index.remove(label)).toBe(
          adds ? undefined : was,
        );
        expect(index.has(label)).toBe(adds);
        expect(index.size).toBe(templates.size);
        const probe = randomTemplate(DIMENSION, random);
        const count = 1 + Math.floor(random() * 5);
        const expected = neighbours(templates, probe, count);
        expect(await index.search(probe, count)).toEqual(
          expected.map((each) => ({ ...each, similarity: expect.closeTo(each.similarity, 5) })),
        );
      }
    },
  );

  it.each([
    [0, 512],
    [0, 33],
    [10_000, 512],
    [10_000, 128],
  ])(
    'finds what comparing with each template finds, %i on this thread, %i numbers',
    async (few, dimension) => {
      const random = seeded(dimension);
      const index = new ExactIndex(dimension, few);
      const templates = new Map<number, Float32Array>();
      // Likenesses of a few people, two of them the same picture, and strangers: near ties decide.
      const people = Array.from({ length: 20 }, () => randomTemplate(dimension, random));
      for (let label = 0; label < 1500; label++) {
        const template = randomTemplate(dimension, random, people[label % 40], label % 3 === 0 ? 0.01 : 0.7);
        templates.set(label, template);
        index.add(label, template);
      }
      for (let label = 0; label < 1500; label += 7) {
        templates.delete(label);
        index.remove(label);
      }
      // More at once than one pass takes.
      const searches = Array.from({ length: 23 }, async (_, i) => {
        const probe = randomTemplate(dimension, random, people[i], 0.3);
        const count = [1, 3, 11, 2000][i % 4]!;
        const found = await index.search(probe, count);
        const expected = neighbours(templates, probe, count);
        expect(found.map(({ similarity }) => similarity)).toEqual(
          expected.map(({ similarity }) => similarity),
        );
        expect(new Set(found.map(({ label }) => label)).size).toBe(expected.length);
        for (const { label, similarity: found_ } of found) {
          expect(similarity(templates.get(label)!, probe)).toBe(found_);
        }
      });
      await Promise.all(searches);
    },
  );

  it('lets others run while it searches', async () => {
    const random = seeded(10);
    const index = new ExactIndex(DIMENSION, 4096);
    for (let label = 0; label < 9000; label++) index.add(label, randomTemplate(DIMENSION, random));
    let ran = false;
    setImmediate(() => (ran = true));
    await index.search(randomTemplate(DIMENSION, random), 1);
    expect(ran).toBe(true);
  });

  it('uses the memory of what was removed for another index, and leaves nothing there', async () => {
    const random = seeded(11);
    const first = new ExactIndex(DIMENSION, 0);
    for (let label = 0; label < 100; label++) first.add(label, randomTemplate(DIMENSION, random));
    await first.search(randomTemplate(DIMENSION, random), 1);
    for (let label = 0; label < 100; label++) first.remove(label);
    const second = new ExactIndex(DIMENSION, 0);
    const template = randomTemplate(DIMENSION, random);
    second.add(7, template);
    expect(await first.search(template, 5)).toEqual([]);
    expect((await second.search(template, 5)).map(({ label }) => label)).toEqual([7]);
    first.add(8, template);
    expect((await first.search(template, 5)).map(({ label }) => label)).toEqual([8]);
  });

  it('refuses templates of no numbers or of too many', () => {
    for (const dimension of [0, 8193]) expect(() => new ExactIndex(dimension)).toThrow(RangeError);
  });

  it('grows over its segments, and fills vacant places first', async () => {
    const random = seeded(7);
    const index = new ExactIndex(DIMENSION);
    const templates = new Map<number, Float32Array>();
    const add = (label: number) => {
      templates.set(label, randomTemplate(DIMENSION, random));
      index.add(label, templates.get(label)!);
    };
    for (let label = 0; label < 9000; label++) add(label);
    for (let label = 0; label < 9000; label += 3) {
      index.remove(label);
      templates.delete(label);
    }
    for (let label = 9000; label < 10_000; label++) add(label);
    for (let i = 0; i < 20; i++) {
      const probe = randomTemplate(DIMENSION, random);
      const labels = (await index.search(probe, 10)).map(({ label }) => label);
      expect(labels).toEqual(neighbours(templates, probe, 10).map(({ label }) => label));
    }
  });
});

describe('HnswIndex', () => {
  it('finds the nearest of clustered templates, also after a third was removed', async () => {
    const random = seeded(8);
    const index = new HnswIndex(32, 900);
    const templates = new Map<number, Float32Array>();
    const centres = Array.from({ length: 100 }, () => randomTemplate(32, random));
    for (let label = 0; label < 900; label++) {
      templates.set(label, randomTemplate(32, random, centres[label % 100]));
      index.add(label, templates.get(label)!);
    }
    const recall = async () => {
      let hits = 0;
      for (const centre of centres) {
        const probe = randomTemplate(32, random, centre);
        const [found] = await index.search(probe, 1);
        const [nearest] = neighbours(templates, probe, 1);
        expect(templates.has(found!.label)).toBe(true);
        if (found!.label === nearest!.label) hits++;
      }
      return hits / centres.length;
    };
    expect(await recall()).toBeGreaterThan(0.98);
    for (let label = 0; label < 300; label++) {
      templates.delete(label);
      index.remove(label);
    }
    expect(await recall()).toBeGreaterThan(0.98);
  });

  it('refuses more than its capacity, counting what was removed', () => {
    const random = seeded(9);
    const index = new HnswIndex(DIMENSION, 2);
    index.add(1, randomTemplate(DIMENSION, random));
    index.add(2, randomTemplate(DIMENSION, random));
    index.remove(1);
    expect(index.used).toBe(2);
    expect(() => index.add(3, randomTemplate(DIMENSION, random))).toThrow(RangeError);
  });
});
