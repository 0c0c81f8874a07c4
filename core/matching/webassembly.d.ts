/** What is used of WebAssembly's JavaScript interface; TypeScript describes it among the DOM's types only. */
declare namespace WebAssembly {
  class Memory {
    constructor(options: { initial: number; maximum: number; shared: true });
    readonly buffer: ArrayBufferLike;
    /** @returns how many pages of 64 KiB there were before @throws RangeError */
    grow(pages: number): number;
  }
  type Module = object;
  const Module: new (bytes: Uint8Array) => Module;
  class Instance {
    constructor(module: Module, imports?: { env?: { memory: Memory } });
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
