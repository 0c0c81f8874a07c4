import { layoutOf, loadKernel, scratchOf, type Kernel, type ScratchOwner } from './row-memory.ts';
import { similarity } from './template.ts';

/** Some templates of an index: rounded at an address of the shared memory, and exact. */
export interface RowBlock {
  readonly address: number;
  /** One after the other, in shared memory too. Zeros where a row is vacant. */
  readonly templates: Float32Array;
  /** By how far each template was moved when it was rounded; {@link VACANT} where a row is vacant. */
  readonly errors: Float32Array;
}

/** Below any similarity, with any error of the probe: such a row is never a candidate. */
export const VACANT = -8;
const BELOW_ALL = -4;

/** Largest number of a rounded probe: 12 bits with the sign. */
const TOP = 2047;

/**
 * What rounding to 32 bits may add: to a product of unit vectors and to the lengths below, each a few millionths at
 * most.
 */
const SLACK = 2e-5;

/** What was found for a probe: places in the index and similarities, best first. */
export interface Found {
  readonly slots: number[];
  readonly similarities: number[];
}

export interface Wanted {
  readonly probe: Float32Array;
  readonly count: number;
}

/** Probes compared in one pass. The pass costs what reading the rows costs, and little more for four than for one. */
export const PROBES = 4;

/**
 * Compares probes with templates, first as rounded to 8 bits, then exactly with each that can be among the best: rounding
 * moves a template t by a vector of known length e, so it moves the product with a probe q by at most |q| e (Cauchy and
 * Schwarz). What is found is what comparing with every template would find.
 */
export class Scanner {
  readonly #memory: WebAssembly.Memory;
  readonly #kernel: Kernel;
  readonly #query: number;
  readonly #products: number;

  /** @param owner the thread that this runs on: two scanners of one thread take turns */
  constructor(memory: WebAssembly.Memory, owner: ScratchOwner, kernel: Kernel = loadKernel(memory)) {
    this.#memory = memory;
    this.#kernel = kernel;
    const { query, products } = scratchOf(owner);
    this.#query = query;
    this.#products = products;
  }

  /**
   * Search by several probes in one pass, yielding after each block. Nothing else may use this scanner before the end.
   * @param wanted 1 to {@link PROBES} probes, of the blocks' dimension and about unit length
   */
  *search(
    blocks: readonly RowBlock[],
    dimension: number,
    wanted: readonly Wanted[],
  ): Generator<void, Found[]> {
    const { rows, length } = layoutOf(dimension);
    const queries = wanted.map((each, i) => new Query(each, this.#place(each.probe, i, length)));
    const isOne = wanted.length === 1;
    const scan = isOne ? this.#kernel.scan1 : this.#kernel.scan4;
    const stride = isOne ? 1 : PROBES;
    const products = new Float32Array(this.#memory.buffer, this.#products, rows * stride);
    for (const [number, { address, templates, errors }] of blocks.entries()) {
      scan(address, address + rows * length, rows, length, this.#query, this.#products);
      for (const [i, query] of queries.entries()) {
        const { step, norm, slack } = query;
        let { least } = query;
        for (let row = 0; row < rows; row++) {
          if (products[row * stride + i]! * step + errors[row]! * norm + slack < least) continue;
          const start = row * dimension;
          query.offer(number * rows + row, templates.subarray(start, start + dimension));
          least = query.least;
        }
      }
      yield;
    }
    return queries.map(({ found }) => found);
  }

  /** Write a rounded probe where the kernel reads it. @returns its view there */
  #place(probe: Float32Array, i: number, length: number): Int16Array {
    const place = new Int16Array(this.#memory.buffer, this.#query + 2 * i * length, length);
    place.fill(0);
    let largest = 0;
    for (const value of probe) largest = Math.max(largest, Math.abs(value));
    for (const [d, value] of probe.entries()) place[d] = Math.round((value * TOP) / largest);
    return place;
  }
}

/** One probe, and the best templates so far. */
class Query {
  readonly #probe: Float32Array;
  readonly #count: number;
  /** What a unit of the rounded probe is worth. */
  readonly step: number;
  /** Length of the probe. */
  readonly norm: number;
  /** By how much a product may be off because the probe was rounded. */
  readonly slack: number;
  /** What a template has to reach to be among the best. */
  least = BELOW_ALL;
  readonly found: Found = { slots: [], similarities: [] };

  constructor({ probe, count }: Wanted, rounded: Int16Array) {
    this.#probe = probe;
    this.#count = count;
    let largest = 0;
    for (const value of probe) largest = Math.max(largest, Math.abs(value));
    this.step = largest / TOP;
    this.norm = Math.sqrt(similarity(probe, probe));
    let moved = 0;
    for (const [d, value] of probe.entries()) moved += (value - rounded[d]! * this.step) ** 2;
    // A rounded template is at most as long as a template and its error together: below 2.
    this.slack = 2 * Math.sqrt(moved) + SLACK;
    if (count === 0) this.least = Infinity;
  }

  offer(slot: number, template: Float32Array): void {
    const exact = similarity(template, this.#probe);
    const { slots, similarities } = this.found;
    if (slots.length === this.#count && exact <= this.least) return;
    let low = 0;
    let high = similarities.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (similarities[middle]! >= exact) low = middle + 1;
      else high = middle;
    }
    slots.splice(low, 0, slot);
    similarities.splice(low, 0, exact);
    if (slots.length > this.#count) {
      slots.pop();
      similarities.pop();
    }
    if (slots.length === this.#count) this.least = similarities.at(-1)!;
  }
}
