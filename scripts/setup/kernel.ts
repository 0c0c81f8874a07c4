import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import wabt from 'wabt';
import writeFileAtomic from 'write-file-atomic';
import { ROOT } from './paths.ts';

const SOURCE = join(ROOT, 'core/matching/scan8.wat');
const TARGET = join(ROOT, 'core/matching/scan8.wasm');

/** Assemble the code that compares templates (`scan8.wat`), unless it is newer than its source. */
export async function buildKernel(): Promise<void> {
  if (existsSync(TARGET) && statSync(TARGET).mtimeMs >= statSync(SOURCE).mtimeMs) return;
  await writeFileAtomic(TARGET, Buffer.from(await assemble(await readFile(SOURCE, 'utf8'))));
}

/** WebAssembly from its text form. @throws Error that names the line */
export async function assemble(source: string): Promise<Uint8Array> {
  const library = await wabt();
  const module = library.parseWat('scan8.wat', source, { simd: true, threads: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
