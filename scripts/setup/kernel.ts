import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import wabt from 'wabt';
import writeFileAtomic from 'write-file-atomic';
import { ROOT } from './paths.ts';

/** The text form of code that compares templates, and of code that works on pixels. */
const SOURCES = ['core/matching/scan8.wat', 'core/recognition/pixels.wat'].map((path) => join(ROOT, path));

/** Assemble what is written in WebAssembly, each beside its source, unless it is newer than that. */
export async function buildKernels(): Promise<void> {
  for (const source of SOURCES) {
    const target = source.replace(/\.wat$/, '.wasm');
    if (existsSync(target) && statSync(target).mtimeMs >= statSync(source).mtimeMs) continue;
    await writeFileAtomic(target, Buffer.from(await assemble(await readFile(source, 'utf8'))));
  }
}

/** WebAssembly from its text form. @throws Error that names the line */
export async function assemble(source: string): Promise<Uint8Array> {
  const library = await wabt();
  const module = library.parseWat('source.wat', source, { simd: true, threads: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
