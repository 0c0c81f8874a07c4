import hnswlib from 'hnswlib-node';
import { assertTemplate, toArray } from './template.ts';
import type { Neighbour, TemplateIndex } from './template-index.ts';

/** Connections per template, and candidates considered while adding and while searching. */
const M = 16;
const EF_CONSTRUCTION = 200;
const EF_SEARCH = 256;

/** The library keeps labels in 32 bits and would silently cut longer ones. */
const MAX_LABEL = 2 ** 32 - 1;

/**
 * A hierarchical navigable small world graph (Malkov and Yashunin, 2016): searches in about a millisecond however
 * large it is, but takes milliseconds to add or remove, and may miss a neighbour. Similarities are exact.
 */
export class HnswIndex implements TemplateIndex {
  readonly capacity: number;
  readonly #dimension: number;
  readonly #graph: hnswlib.HierarchicalNSW;
  readonly #labels = new Set<number>();

  /** @param capacity how many templates can be added over time; removing one does not give its place back */
  constructor(dimension: number, capacity: number) {
    this.capacity = capacity;
    this.#dimension = dimension;
    this.#graph = new hnswlib.HierarchicalNSW('ip', dimension);
    this.#graph.initIndex(capacity, M, EF_CONSTRUCTION);
    this.#graph.setEf(EF_SEARCH);
  }

  get size(): number {
    return this.#labels.size;
  }

  /** Places taken, by templates that were removed too. */
  get used(): number {
    return this.#graph.getCurrentCount();
  }

  /** Bytes of the library's arrays, of all places whether taken or not, as its hnswalg.h lays them out. */
  get bytes(): number {
    const links = 4 * (2 * M + 1);
    const label = 8;
    return this.capacity * (links + 4 * this.#dimension + label);
  }

  has(label: number): boolean {
    return this.#labels.has(label);
  }

  add(label: number, template: Float32Array): void {
    assertTemplate(template, this.#dimension);
    if (this.has(label) || label > MAX_LABEL || this.used >= this.capacity) {
      throw new RangeError('This label is in the index already, too large, or the index is full.');
    }
    this.#graph.addPoint(toArray(template), label);
    this.#labels.add(label);
  }

  remove(label: number): boolean {
    if (!this.#labels.delete(label)) return false;
    // Marking alone would leave the template in memory.
    this.#graph.addPoint(toArray(new Float32Array(this.#dimension)), label);
    this.#graph.markDelete(label);
    return true;
  }

  async search(template: Float32Array, count: number): Promise<Neighbour[]> {
    assertTemplate(template, this.#dimension);
    const wanted = Math.min(count, this.size);
    if (wanted === 0) return [];
    const { distances, neighbors } = this.#graph.searchKnn(toArray(template), wanted);
    return neighbors.map((label, i) => ({ label, similarity: 1 - distances[i]! }));
  }
}
