import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Rounded templates of all indexes of this process lie in one WebAssembly memory, in blocks of this size that are handed
 * out and taken back: each further memory would reserve gigabytes of addresses. Its threads share it.
 */
export const BLOCK_BYTES = 256 * 1024;
const PAGE_BYTES = 64 * 1024;
/** 4 GB, the most that 32-bit addresses reach: 8 million templates of 512 numbers. */
const MOST_PAGES = 65_536;

/** Blocks that a thread computes in. They are never handed out. */
const SCRATCH = { caller: 0, scanThread: BLOCK_BYTES } as const;
export type ScratchOwner = keyof typeof SCRATCH;
const SCRATCH_BLOCKS = Object.keys(SCRATCH).length;

/** Numbers are scanned in groups of 32. */
const GROUP = 32;
/** Sums of products of 8 by 12 bits stay within 32 bits up to here; four such probes fit a scratch block. */
export const MOST_NUMBERS = 8192;

/** The functions of scan8.wat. Addresses and lengths count bytes and numbers. */
export interface Kernel {
  readonly round: (from: number, to: number, length: number, error: number) => number;
  readonly scan1: Scan;
  readonly scan4: Scan;
}
type Scan = (
  rows: number,
  steps: number,
  count: number,
  length: number,
  query: number,
  products: number,
) => void;

/** Where the rows of a block are: `rows` rows of `length` bytes, then as many steps of four bytes. */
export interface Layout {
  readonly rows: number;
  /** Of a row, in numbers of one byte: those of a template, filled up with zeros. */
  readonly length: number;
}

export function layoutOf(dimension: number): Layout {
  if (dimension < 1 || dimension > MOST_NUMBERS) {
    throw new RangeError(`Templates have 1 to ${MOST_NUMBERS} numbers.`);
  }
  const length = Math.ceil(dimension / GROUP) * GROUP;
  return { length, rows: Math.floor(BLOCK_BYTES / (length + Float32Array.BYTES_PER_ELEMENT)) };
}

/** Addresses in the scratch block of a thread. */
export function scratchOf(owner: ScratchOwner): { query: number; products: number } {
  const query = SCRATCH[owner];
  return { query, products: query + 4 * MOST_NUMBERS * Int16Array.BYTES_PER_ELEMENT };
}

/** @throws Error where set-up did not build it */
export function loadKernel(memory: WebAssembly.Memory): Kernel {
  const module = new WebAssembly.Module(readFileSync(join(import.meta.dirname, 'scan8.wasm')));
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel;
}

/** The memory, and which of its blocks are free. */
export class RowMemory {
  readonly memory = new WebAssembly.Memory({
    initial: (SCRATCH_BLOCKS * BLOCK_BYTES) / PAGE_BYTES,
    maximum: MOST_PAGES,
    shared: true,
  });
  readonly kernel: Kernel = loadKernel(this.memory);
  readonly #free: number[] = [];

  /** @returns the address of a block of zeros @throws RangeError when there is no memory left */
  take(): number {
    const address = this.#free.pop();
    if (address !== undefined) return address;
    return this.memory.grow(BLOCK_BYTES / PAGE_BYTES) * PAGE_BYTES;
  }

  /** Overwrites the blocks and takes them back. */
  give(addresses: readonly number[]): void {
    for (const address of addresses) {
      new Uint8Array(this.memory.buffer, address, BLOCK_BYTES).fill(0);
      this.#free.push(address);
    }
  }
}
