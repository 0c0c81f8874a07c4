import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { AdaptiveIndex, type TemplateSource } from './adaptive-index.ts';
import { ExactIndex } from './exact-index.ts';
import { randomTemplate, seeded } from './testing/random-templates.ts';

const DIMENSION = 32;
const THRESHOLD = 100;

/** An adaptive index beside the store it is filled from and an exact one that says what it must find. */
function setUp() {
  const random = seeded(1);
  const stored = new Map<number, Float32Array>();
  const exact = new ExactIndex(DIMENSION);
  const source = vi.fn<TemplateSource>((labels) =>
    Promise.resolve(
      new Map(labels.flatMap((label) => (stored.has(label) ? [[label, stored.get(label)!] as const] : []))),
    ),
  );
  const index = new AdaptiveIndex(DIMENSION, source, THRESHOLD);
  let next = 0;
  return {
    source,
    index,
    add: (count: number) => {
      for (let i = 0; i < count; i++) {
        const template = randomTemplate(DIMENSION, random);
        stored.set(next, template);
        exact.add(next, template);
        index.add(next++, template);
      }
    },
    remove: (...labels: number[]) => {
      for (const label of labels) {
        stored.delete(label);
        expect(index.remove(label)).toBe(exact.remove(label));
      }
    },
    /** The share of searches that find exactly what they must. */
    right: async () => {
      // All at once: whatever answers at this moment answers all of them.
      const searches = Array.from({ length: 40 }, async () => {
        const probe = randomTemplate(DIMENSION, random);
        const [found, wanted] = await Promise.all([index, exact].map((each) => each.search(probe, 3)));
        const labels = [found, wanted].map((all) => all!.map(({ label }) => label));
        return isDeepStrictEqual(labels[0], labels[1]);
      });
      const hits = (await Promise.all(searches)).filter(Boolean).length;
      return index.size === exact.size ? hits / 40 : 0;
    },
    graph: async () => await expect.poll(() => index.answering, { interval: 5 }).toBe('graph'),
  };
}

describe('AdaptiveIndex', async () => {
  it('stays exact below the threshold', async () => {
    const { index, source, add, right } = setUp();
    add(THRESHOLD - 1);
    expect(await right()).toBe(1);
    expect(index.answering).toBe('exact');
    expect(source).not.toHaveBeenCalled();
  });

  it('is right before, while and after the graph is built', async () => {
    const { index, add, right, graph } = setUp();
    add(THRESHOLD);
    expect(index.answering).toBe('exact');
    expect(await right()).toBe(1);
    await graph();
    expect(await right()).toBeGreaterThan(0.9);
  });

  it('is right at once after a change, and lets the graph catch up', async () => {
    const { index, source, add, remove, right, graph } = setUp();
    add(THRESHOLD);
    await graph();
    source.mockClear();
    remove(3, 50);
    add(5);
    expect(index.answering).toBe('exact');
    expect(await right()).toBe(1);
    await graph();
    expect(await right()).toBeGreaterThan(0.9);
    // Some twice, when its time was over before it came to them.
    const read = new Set(source.mock.calls.flatMap(([labels]) => labels));
    expect([...read].toSorted((a, b) => a - b)).toEqual([100, 101, 102, 103, 104]);
  });

  it('copes with changes while the graph is built', async () => {
    const { add, remove, right, graph } = setUp();
    add(2 * THRESHOLD);
    await new Promise((resolve) => setTimeout(resolve, 5));
    remove(0, 1, 2, 199);
    add(10);
    await graph();
    expect(await right()).toBeGreaterThan(0.9);
  });

  it('builds a larger graph when there is no room left', async () => {
    const { add, right, graph } = setUp();
    add(THRESHOLD);
    await graph();
    add(2 * THRESHOLD);
    await graph();
    expect(await right()).toBeGreaterThan(0.9);
  });

  it('rebuilds the graph when many templates were removed', async () => {
    const { source, add, remove, right, graph } = setUp();
    add(2 * THRESHOLD);
    await graph();
    source.mockClear();
    remove(...Array.from({ length: THRESHOLD / 2 }, (_, label) => label));
    expect(await right()).toBe(1);
    await graph();
    expect(await right()).toBeGreaterThan(0.9);
    expect(new Set(source.mock.calls.flatMap(([labels]) => labels)).size).toBe(1.5 * THRESHOLD);
  });

  it('gives the graph up when few templates are left', async () => {
    const { index, add, remove, right, graph } = setUp();
    add(THRESHOLD);
    await graph();
    remove(...Array.from({ length: THRESHOLD / 2 + 1 }, (_, label) => label));
    expect(index.answering).toBe('exact');
    expect(await right()).toBe(1);
  });

  it('stays right when the source fails, and tries again after the next change', async () => {
    const { index, source, add, right, graph } = setUp();
    source.mockRejectedValueOnce(new Error('closed'));
    add(THRESHOLD);
    await expect.poll(() => source.mock.calls.length).toBe(1);
    expect(index.answering).toBe('exact');
    expect(await right()).toBe(1);
    add(1);
    await graph();
    expect(await right()).toBeGreaterThan(0.9);
  });
});
