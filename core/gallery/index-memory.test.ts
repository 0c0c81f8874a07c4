import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCalibration } from '#core/matching';
import type { NewReference, Store } from '#core/store';
import { madeUpTable } from '../matching/testing/made-up-table.ts';
import { randomTemplate, seeded } from '../matching/testing/random-templates.ts';
import { temporaryStore } from '../store/testing/temporary-store.ts';
import { bytesOf } from './collection-index.ts';
import { divisionOf } from './division.ts';
import { Gallery } from './gallery.ts';
import { IndexMemory, type Held } from './index-memory.ts';
import type { Holders } from './indexes.ts';

const MODEL = 'model-1';
const DIMENSION = 32;
const PEOPLE = 60;
const COLLECTIONS = ['a', 'b', 'c', 'd'];
const calibration = createCalibration(
  madeUpTable([
    [1e-1, 0.15],
    [1e-5, 0.5],
  ]),
);
/** Of one index with few references: a block of its memory, and what is known of each. */
const ONE = bytesOf(PEOPLE, DIMENSION);

/** Something that takes some bytes once it is asked for. */
class Thing implements Held {
  bytes = 0;
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  expectedBytes = async () => this.#size;
  load = async () => {
    this.bytes = this.#size;
  };
  drop = async () => {
    this.bytes = 0;
  };
}

describe('the memory of indexes', () => {
  it('drops what was used least recently, and nothing that is in use', async () => {
    const memory = new IndexMemory(100);
    const [a, b, c] = [new Thing(40), new Thing(40), new Thing(40)] as const;
    for (const each of [a, b, a]) await memory.use(each, each.load);
    await memory.use(c, c.load);
    expect([a.bytes, b.bytes, c.bytes, memory.bytes]).toEqual([40, 0, 40, 80]);
    const { promise, resolve } = Promise.withResolvers<void>();
    const held = [a, c].map((each) => memory.use(each, () => promise));
    const waiting = memory.use(b, async () => {
      expect(memory.bytes).toBeLessThanOrEqual(100);
      await b.load();
    });
    await Promise.resolve();
    expect([a.bytes, b.bytes, c.bytes]).toEqual([40, 0, 40]);
    resolve();
    await Promise.all([...held, waiting]);
    expect(b.bytes).toBe(40);
    expect(memory.counts).toEqual({ loads: 4, drops: 2 });
  });

  it('lets something in that is larger than all of it, alone, and not stay', async () => {
    const memory = new IndexMemory(100);
    const [small, large] = [new Thing(10), new Thing(101)];
    await memory.use(small, small.load);
    await memory.use(large, async () => {
      await large.load();
      expect(small.bytes).toBe(0);
    });
    await memory.use(small, small.load);
    expect([small.bytes, large.bytes, memory.bytes]).toEqual([10, 0, 10]);
  });

  it('counts nothing of what could not be loaded, and lets it be tried again', async () => {
    const memory = new IndexMemory(100);
    const thing = new Thing(60);
    await expect(memory.use(thing, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect([memory.bytes, memory.counts.loads]).toEqual([0, 0]);
    await memory.use(thing, thing.load);
    expect([memory.bytes, memory.counts.loads]).toEqual([60, 1]);
  });
});

it('a collection is divided once it does not fit, and put together long after', () => {
  const divide = (size: number, before: number) => divisionOf(size, before, 10, 4000);
  expect([100, 101, 201, 1e6].map((size) => divide(size, 1))).toEqual([1, 2, 4, 16_384]);
  expect([100, 51, 50, 49].map((size) => divide(size, 2))).toEqual([2, 2, 2, 1]);
  expect(divisionOf(1e9, 1, 10, Number.POSITIVE_INFINITY)).toBe(1);
  expect(divisionOf(1e7, 1, 10, 1e15)).toBe(64);
});

describe('collections within a budget', () => {
  let place: Awaited<ReturnType<typeof temporaryStore>>;
  let store: Store;
  let unlimited: Gallery;
  let probes: Float32Array[];
  const random = seeded(1);
  const reference = (template: Float32Array, source: NewReference['source'] = 'api'): NewReference => ({
    modelId: MODEL,
    template,
    quality: 1,
    source,
  });
  const open = (memory: IndexMemory, holders?: Holders) =>
    Gallery.open({
      store,
      modelId: MODEL,
      dimension: DIMENSION,
      calibration,
      memory,
      ...(holders && { holders }),
    });
  const answers = async (gallery: Gallery, collectionId: string, template: Float32Array) => ({
    identity: await gallery.identify(collectionId, template, { threshold: 90 }),
    nearest: await gallery.nearest(collectionId, { template }, 5),
    known: await gallery.recognise(collectionId, template, { falsePositiveRate: 1e-3, margin: 0.05 }),
  });

  beforeAll(async () => {
    place = await temporaryStore();
    ({ store } = place);
    unlimited = await open(new IndexMemory());
    probes = [];
    for (const [i, collectionId] of [...COLLECTIONS, 'large'].entries()) {
      await unlimited.createCollection(collectionId);
      // Some of each in all, and ten references of each where there are many.
      for (let person = 0; person < PEOPLE; person++) {
        const template = randomTemplate(DIMENSION, random);
        const of = (spread: number) => randomTemplate(DIMENSION, random, template, spread);
        const more = collectionId === 'large' ? Array.from({ length: 9 }, () => of(0.5)) : [];
        const references = [template, ...more].map((each) => reference(each));
        const { faceId } = await unlimited.enrol(collectionId, { references });
        if (person % 10 === 0) {
          await unlimited.addReferences(collectionId, faceId, [reference(of(0.9), 'automatic')], {
            makeRoom: true,
          });
        }
        if (person % 20 === i) probes.push(of(0.6));
      }
    }
  });
  afterAll(() => place.remove());

  it('are found in as without one, whoever asks meanwhile', async () => {
    const memory = new IndexMemory(2 * ONE + 2e5);
    const gallery = await open(memory);
    const asked = probes.flatMap((probe) => COLLECTIONS.map((collectionId) => ({ collectionId, probe })));
    const most: number[] = [];
    const found = await Promise.all(
      asked.map(async ({ collectionId, probe }) => {
        const answer = await answers(gallery, collectionId, probe);
        most.push(memory.bytes);
        return answer;
      }),
    );
    expect(Math.max(...most)).toBeLessThanOrEqual(memory.budget);
    expect(memory.counts.drops).toBeGreaterThan(0);
    const expected = asked.map(({ collectionId, probe }) => answers(unlimited, collectionId, probe));
    expect(found).toEqual(await Promise.all(expected));
    expect(found.some(({ known }) => known.kind === 'known')).toBe(true);
  });

  it('are loaded once, however many ask', async () => {
    const memory = new IndexMemory(10 * ONE);
    const gallery = await open(memory);
    await Promise.all(probes.map((probe) => answers(gallery, 'a', probe)));
    expect(memory.counts).toEqual({ loads: 1, drops: 0 });
    expect(memory.bytes).toBeGreaterThanOrEqual(ONE);
  });

  it('are found in by those who hold their parts, and where nobody does', async () => {
    const other = await open(new IndexMemory());
    const asked: number[] = [];
    const gallery = await open(new IndexMemory(ONE + 2e5), {
      search: async ({ collectionId, number, of }, template, count) => {
        asked.push(of);
        return number % 2 === 0
          ? await other.searchPart(collectionId, { number, of }, template, count)
          : null;
      },
    });
    const probe = probes[0]!;
    expect(await answers(gallery, 'large', probe)).toEqual(await answers(unlimited, 'large', probe));
    expect(Math.min(...asked)).toBeGreaterThan(1);
  });

  it('are divided where they are larger than all of it, and found in as a whole', async () => {
    const memory = new IndexMemory(ONE + 2e5);
    const gallery = await open(memory);
    const found = await Promise.all(probes.map((probe) => answers(gallery, 'large', probe)));
    expect(memory.counts.loads).toBeGreaterThan(3);
    expect(memory.bytes).toBeLessThanOrEqual(memory.budget);
    expect(found).toEqual(await Promise.all(probes.map((probe) => answers(unlimited, 'large', probe))));
    // The last of its parts is let go of with the others.
    await gallery.createCollection('gone');
    const { faceId } = await gallery.enrol('gone', { references: [reference(probes[0]!)] });
    expect(await gallery.identify('gone', probes[0]!, { threshold: 90 })).toMatchObject({ faceId });
    await gallery.deleteCollection('gone');
    expect(memory.bytes).toBe(0);
  });
});
