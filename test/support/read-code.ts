import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';

const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');

/** Lets the reader take its WebAssembly from the package. */
export async function loadCodeReader(): Promise<void> {
  const { buffer } = await readFile(wasm);
  prepareZXingModule({ overrides: { wasmBinary: buffer } });
}

/** The text of the QR code in an encoded picture, by the reader that the screen has; null: it reads none. */
export async function readCode(image: Uint8Array): Promise<string | null> {
  await loadCodeReader();
  const [found] = await readBarcodes(image, { formats: ['QRCode'] });
  return found?.isValid ? found.text : null;
}
