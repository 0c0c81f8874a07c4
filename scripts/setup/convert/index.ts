import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { ConvertedModel } from '#contract';
import { sha256 } from '../fetch.ts';
import { convertDlibResnet } from './dlib-resnet.ts';
import { type OnnxGraph, writeOnnx } from './onnx.ts';
import { convertTflite } from './tflite-to-onnx.ts';

/** How each converted network of the manifest comes from its sources. */
const CONVERTERS: Readonly<Record<string, (...sources: [Buffer, ...Buffer[]]) => OnnxGraph>> = {
  'face_mesh.onnx': (network) =>
    convertTflite(network, 'face_mesh', ['output_mesh_identity', 'conv_faceflag']),
  'dlib_resnet.onnx': (manifest, ...weights) => convertDlibResnet(String(manifest), Buffer.concat(weights)),
};

/**
 * Convert networks to ONNX that were published in another form, unless it was done before.
 * @param weights the folder `models/weights/`, which holds their sources
 * @throws Error when a result is not byte for byte the known one
 */
export async function convertNetworks(networks: readonly ConvertedModel[], weights: string): Promise<void> {
  for (const { name, from, sha256: wanted } of networks) {
    const path = join(weights, name);
    if (existsSync(path) && sha256(await readFile(path)) === wanted) continue;
    const convert = CONVERTERS[name];
    if (!convert) throw new Error(`Nothing converts to ${name}.`);
    const sources = await Promise.all(from.map((source) => readFile(join(weights, source))));
    const bytes = writeOnnx(convert(...(sources as [Buffer, ...Buffer[]])));
    if (sha256(bytes) !== wanted) throw new Error(`${name} was converted wrongly.`);
    await writeFileAtomic(path, bytes);
  }
}
