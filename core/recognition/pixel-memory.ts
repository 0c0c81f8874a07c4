import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RgbImage } from './types.ts';

const PAGE_BYTES = 64 * 1024;
/** By how much the code may read or write beyond an image. */
const MARGIN = 16;

/** Planes that are made, and what becomes of each value. */
type Planes = [to: number, columns: number, rows: number, minus: number, times: number];

/** The functions of pixels.wat. Addresses are bytes. */
interface Code {
  readonly memory: WebAssembly.Memory;
  readonly halve: (from: number, width: number, height: number, to: number) => void;
  readonly cut: (from: number, width: number, x: number, y: number, ...planes: Planes) => void;
  readonly sample: (
    from: number,
    width: number,
    height: number,
    a: number,
    b: number,
    x: number,
    y: number,
    ...planes: Planes
  ) => void;
}

const MODULE = new WebAssembly.Module(readFileSync(join(import.meta.dirname, 'pixels.wasm')));

/** Memories that no image lies in. Making one takes longer than a small picture does. */
const idle: PixelMemory[] = [];

/** An image in the memory of the code, interleaved 8-bit RGB rows. */
export interface Placed {
  readonly address: number;
  readonly width: number;
  readonly height: number;
}

/** Where output pixel (0, 0) lies, counted from the centre of the image's first pixel, and how output columns go on. */
export interface Steps {
  readonly a: number;
  readonly b: number;
  readonly x: number;
  readonly y: number;
}

/** The memory in which one image lies with all that is made from it, and the code that works on it. */
export class PixelMemory {
  readonly #code = new WebAssembly.Instance(MODULE).exports as unknown as Code;
  #used = 0;

  static take(): PixelMemory {
    return idle.pop() ?? new PixelMemory();
  }

  /** Overwrite everything, and let another image have the memory. */
  give(): void {
    new Uint8Array(this.#code.memory.buffer, 0, this.#used).fill(0);
    this.#used = 0;
    idle.push(this);
  }

  place({ data, width, height }: RgbImage): Placed {
    const address = this.#reserve(data.length);
    new Uint8Array(this.#code.memory.buffer, address, data.length).set(data);
    return { address, width, height };
  }

  /** Means of 2 x 2 pixels; an odd last row or column is left out. */
  halve(image: Placed): Placed {
    const width = image.width >> 1;
    const height = image.height >> 1;
    const address = this.#reserve(3 * width * height);
    this.#code.halve(image.address, image.width, image.height, address);
    return { address, width, height };
  }

  /**
   * Planes R, G, B by bilinear interpolation, black outside; each value c of 0..255 as (c - minus) times. They lie in this
   * memory until they are taken back.
   */
  sample(
    { address, width, height }: Placed,
    { a, b, x, y }: Steps,
    columns: number,
    rows: number,
    minus: number,
    times: number,
  ): Float32Array {
    const length = 3 * columns * rows;
    const to = this.#reserve(length * Float32Array.BYTES_PER_ELEMENT);
    // Where the output's pixels are the image's, as when one of 640 x 480 is halved for a detector, there is less to do.
    const isInside = x >= 0 && y >= 0 && x + columns <= width && y + rows <= height;
    const isWhole = a === 1 && b === 0 && Number.isInteger(x) && Number.isInteger(y) && columns % 4 === 0;
    if (isInside && isWhole) this.#code.cut(address, width, x, y, to, columns, rows, minus, times);
    else this.#code.sample(address, width, height, a, b, x, y, to, columns, rows, minus, times);
    return new Float32Array(this.#code.memory.buffer, to, length);
  }

  /** Overwrite planes; the last ones sampled first. */
  takeBack(planes: Float32Array): void {
    planes.fill(0);
    this.#used = planes.byteOffset;
  }

  /** @returns where so many bytes are free, at a multiple of 16 */
  #reserve(bytes: number): number {
    const { memory } = this.#code;
    const address = Math.ceil(this.#used / 16) * 16;
    this.#used = address + bytes + MARGIN;
    const missing = this.#used - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    return address;
  }
}
