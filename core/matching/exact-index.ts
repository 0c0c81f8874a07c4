import { setImmediate as breathe } from 'node:timers/promises';
import { BLOCK_BYTES, layoutOf, RowMemory, scratchOf, type Layout } from './row-memory.ts';
import { ScanThread } from './scan-thread.ts';
import { PROBES, Scanner, VACANT, type Found, type RowBlock, type Wanted } from './scanner.ts';
import { assertTemplate } from './template.ts';
import type { Neighbour, TemplateIndex } from './template-index.ts';

/**
 * Up to this many templates are searched where the caller runs, in a millisecond or so: less than it may take to wake
 * another thread on a busy machine. More are searched on a thread of their own.
 */
const FEW = 16_384;

/** Of a block: templates as they are, and by how far each was moved. */
const exactBytesOf = (rows: number, dimension: number): number => 4 * rows * (dimension + 1);

const bytesOfBlock = (dimension: number): number =>
  BLOCK_BYTES + exactBytesOf(layoutOf(dimension).rows, dimension);

/** Bytes that so many templates take in an {@link ExactIndex}, without holes that removed ones left. */
export const exactIndexBytes = (count: number, dimension: number): number =>
  Math.ceil(count / layoutOf(dimension).rows) * bytesOfBlock(dimension);

/** What the exact indexes of this process share. */
class Shared {
  readonly memory = new RowMemory();
  readonly scanner = new Scanner(this.memory.memory, 'caller', this.memory.kernel);
  #thread: ScanThread | null = null;

  /** A thread that can be asked; the same one as long as it lives. */
  get thread(): ScanThread {
    if (!this.#thread?.isAlive) this.#thread = new ScanThread(this.memory.memory);
    return this.#thread;
  }

  /** Overwrite the templates of an index and take its memory back. */
  release(index: number, blocks: RowBlock[]): void {
    this.memory.give(blocks.map(({ address }) => address));
    for (const { templates } of blocks) templates.fill(0);
    if (this.#thread?.isAlive) this.#thread.forget(index);
    blocks.length = 0;
  }
}

let shared: Shared | null = null;
let indexes = 0;

/** Takes back the memory of indexes that are no longer referenced. */
const abandoned = new FinalizationRegistry<{ index: number; blocks: RowBlock[] }>(({ index, blocks }) =>
  shared?.release(index, blocks),
);

interface Waiting extends Wanted {
  readonly resolve: (found: Found) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Compares with every template: nothing to build, nothing missed, and a removed template is gone. See `Scanner` for how.
 */
export class ExactIndex implements TemplateIndex {
  readonly #number = ++indexes;
  readonly #dimension: number;
  readonly #few: number;
  readonly #layout: Layout;
  readonly #shared = (shared ??= new Shared());
  readonly #blocks: RowBlock[] = [];
  /** The thread that knows of the first blocks, and of how many. */
  #told: { readonly thread: ScanThread; blocks: number } | null = null;
  readonly #slots = new Map<number, number>();
  readonly #labels: number[] = [];
  #vacant: number[] = [];
  #waiting: Waiting[] = [];
  #isScanning = false;

  /**
   * @param dimension numbers of a template, 1 to 8192
   * @param few up to how many templates are searched on the thread that calls
   */
  constructor(dimension: number, few: number = FEW) {
    this.#dimension = dimension;
    this.#few = few;
    this.#layout = layoutOf(dimension);
    abandoned.register(this, { index: this.#number, blocks: this.#blocks });
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Bytes that the templates take, exact and rounded. */
  get bytes(): number {
    return this.#blocks.length * bytesOfBlock(this.#dimension);
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
    this.#write(slot, template);
    this.#slots.set(label, slot);
    this.#labels[slot] = label;
  }

  remove(label: number): boolean {
    const slot = this.#slots.get(label);
    if (slot === undefined) return false;
    this.#overwrite(slot);
    this.#slots.delete(label);
    this.#vacant.push(slot);
    if (this.#slots.size === 0) this.#clear();
    return true;
  }

  /** Let go of all, overwritten. No search may run. */
  clear(): void {
    this.#slots.clear();
    this.#clear();
  }

  async search(template: Float32Array, count: number): Promise<Neighbour[]> {
    assertTemplate(template, this.#dimension);
    // A copy: what travels to the thread is the whole buffer of a view, and the caller's may change.
    const wanted = { probe: template.slice(), count: Math.min(count, this.size) };
    const { slots, similarities } =
      this.size <= this.#few ? this.#searchHere(wanted) : await this.#searchInPass(wanted);
    return slots.map((slot, i) => ({ label: this.#labels[slot]!, similarity: similarities[i]! }));
  }

  #searchHere(wanted: Wanted): Found {
    const pass = this.#shared.scanner.search(this.#blocks, this.#dimension, [wanted]);
    for (;;) {
      const { done, value } = pass.next();
      if (done) return value[0]!;
    }
  }

  /** Searches that arrive while a pass runs share the next pass. */
  #searchInPass(wanted: Wanted): Promise<Found> {
    const found = new Promise<Found>((resolve, reject) => {
      this.#waiting.push({ ...wanted, resolve, reject });
    });
    if (!this.#isScanning) void this.#scan();
    return found;
  }

  async #scan(): Promise<void> {
    this.#isScanning = true;
    // Searches of the same turn of the event loop join the first pass.
    await breathe();
    while (this.#waiting.length > 0) {
      const pass = this.#waiting.splice(0, PROBES);
      try {
        const wanted = pass.map(({ probe, count }) => ({ probe, count }));
        const found = await this.#informed().search(this.#number, this.#dimension, wanted);
        for (const [i, { resolve }] of pass.entries()) resolve(found[i]!);
      } catch (error) {
        for (const { reject } of pass) reject(error);
      }
    }
    this.#isScanning = false;
  }

  /** The thread, once it knows of every block. */
  #informed(): ScanThread {
    const { thread } = this.#shared;
    if (this.#told?.thread !== thread) this.#told = { thread, blocks: 0 };
    for (; this.#told.blocks < this.#blocks.length; this.#told.blocks++) {
      thread.add(this.#number, this.#blocks[this.#told.blocks]!);
    }
    return thread;
  }

  #write(slot: number, template: Float32Array): void {
    const { rows, length } = this.#layout;
    const row = slot % rows;
    const { address, templates, errors } = (this.#blocks[Math.floor(slot / rows)] ??= this.#newBlock());
    const { memory, kernel } = this.#shared.memory;
    // The scratch block takes what is to be rounded, and after it the error.
    const { products: from } = scratchOf('caller');
    const place = new Float32Array(memory.buffer, from, length + 1);
    place.fill(0).set(template);
    const step = kernel.round(from, address + row * length, length, from + 4 * length);
    new Float32Array(memory.buffer, address + rows * length, rows)[row] = step;
    templates.set(template, row * this.#dimension);
    errors[row] = place[length]!;
    place.fill(0);
  }

  #overwrite(slot: number): void {
    const { rows, length } = this.#layout;
    const row = slot % rows;
    const { address, templates, errors } = this.#blocks[Math.floor(slot / rows)]!;
    const { buffer } = this.#shared.memory.memory;
    errors[row] = VACANT;
    templates.fill(0, row * this.#dimension, (row + 1) * this.#dimension);
    new Int8Array(buffer, address + row * length, length).fill(0);
    new Float32Array(buffer, address + rows * length, rows)[row] = 0;
  }

  #newBlock(): RowBlock {
    const { rows } = this.#layout;
    const exact = new SharedArrayBuffer(exactBytesOf(rows, this.#dimension));
    const errors = new Float32Array(exact, 4 * rows * this.#dimension, rows).fill(VACANT);
    return {
      address: this.#shared.memory.take(),
      templates: new Float32Array(exact, 0, rows * this.#dimension),
      errors,
    };
  }

  #clear(): void {
    this.#shared.release(this.#number, this.#blocks);
    this.#told = null;
    this.#labels.length = 0;
    this.#vacant = [];
  }
}
