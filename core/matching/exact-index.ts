import { setImmediate as breathe } from 'node:timers/promises';
import hnswlib from 'hnswlib-node';
import { assertTemplate, toArray } from './template.ts';
import type { Neighbour, TemplateIndex } from './template-index.ts';

/**
 * Templates per allocation: growing adds one and copies nothing. Comparing with them takes a millisecond or less, after
 * which others run.
 */
const SEGMENT_SIZE = 4096;

/**
 * The library's own removal leaves the template in memory, reads freed memory and brings back the label of the last
 * point. So points are slots here, which are overwritten and used again, and one more dimension tells them apart: 0
 * for a template, this for a vacant slot, 1 in what is searched for. A vacant slot is then less similar than any
 * template can be.
 */
const VACANT = -4;

/** Compares with every template: nothing to build, nothing missed, and a removed template is gone. */
export class ExactIndex implements TemplateIndex {
  readonly #dimension: number;
  readonly #segments: hnswlib.BruteforceSearch[] = [];
  readonly #slots = new Map<number, number>();
  readonly #labels: number[] = [];
  readonly #vacant: number[] = [];

  constructor(dimension: number) {
    this.#dimension = dimension;
  }

  get size(): number {
    return this.#slots.size;
  }

  has(label: number): boolean {
    return this.#slots.has(label);
  }

  labels(): IterableIterator<number> {
    return this.#slots.keys();
  }

  add(label: number, template: Float32Array): void {
    assertTemplate(template, this.#dimension);
    if (this.#slots.has(label)) throw new RangeError('This label is in the index already.');
    const slot = this.#vacant.pop() ?? this.#labels.length;
    this.#segment(slot).addPoint(toArray(template).concat(0), slot % SEGMENT_SIZE);
    this.#slots.set(label, slot);
    this.#labels[slot] = label;
  }

  remove(label: number): boolean {
    const slot = this.#slots.get(label);
    if (slot === undefined) return false;
    this.#segment(slot).addPoint(
      toArray(new Float32Array(this.#dimension)).concat(VACANT),
      slot % SEGMENT_SIZE,
    );
    this.#slots.delete(label);
    this.#vacant.push(slot);
    return true;
  }

  async search(template: Float32Array, count: number): Promise<Neighbour[]> {
    assertTemplate(template, this.#dimension);
    const probe = toArray(template).concat(1);
    const found: Neighbour[] = [];
    for (const [number, segment] of this.#segments.entries()) {
      if (number > 0) await breathe();
      // Asked for more than it holds, the library reads beyond its points.
      const { distances, neighbors } = segment.searchKnn(probe, Math.min(count, segment.getCurrentCount()));
      for (const [i, slot] of neighbors.entries()) {
        found.push({
          label: this.#labels[number * SEGMENT_SIZE + slot]!,
          similarity: 1 - distances[i]!,
        });
      }
    }
    return found
      .filter(({ similarity }) => similarity > VACANT / 2)
      .toSorted((a, b) => b.similarity - a.similarity)
      .slice(0, count);
  }

  #segment(slot: number): hnswlib.BruteforceSearch {
    const number = Math.floor(slot / SEGMENT_SIZE);
    let segment = this.#segments[number];
    if (segment === undefined) {
      segment = new hnswlib.BruteforceSearch('ip', this.#dimension + 1);
      segment.initIndex(SEGMENT_SIZE);
      this.#segments[number] = segment;
    }
    return segment;
  }
}
