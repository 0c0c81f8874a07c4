import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { convertDlibResnet } from './dlib-resnet.ts';
import { type OnnxGraph, writeOnnx } from './onnx.ts';
import { convertTflite } from './tflite-to-onnx.ts';

interface Conversion {
  /** Files under `models/weights/`, as `models/manifest.json` names them. */
  readonly sources: readonly string[];
  readonly target: string;
  /** Of the target. */
  readonly sha256: string;
  readonly convert: (...sources: readonly Buffer[]) => OnnxGraph;
}

const CONVERSIONS: readonly Conversion[] = [
  {
    sources: ['face_landmark_with_attention.tflite'],
    target: 'face_mesh.onnx',
    sha256: 'fa05690d6fb3d33374264f368145d443c3534c30e123b1a26973ab22d029ca36',
    convert: (file) => convertTflite(file, 'face_mesh', ['output_mesh_identity', 'conv_faceflag']),
  },
  {
    sources: ['face_recognition_model-weights_manifest.json', 'face_recognition_model.bin'],
    target: 'dlib_resnet.onnx',
    sha256: '07989c5d5df04915049081817a1f8fcb4a1456e181761e1318adaeadb08ea8c2',
    convert: (manifest, weights) => convertDlibResnet(String(manifest), weights),
  },
];

/**
 * Convert to ONNX what was published in another form and whose sources are there, unless it was done before.
 * @param weights the folder `models/weights/`
 * @throws Error when a result is not byte for byte the known one
 */
export async function convertNetworks(weights: string): Promise<void> {
  for (const { sources, target, sha256, convert } of CONVERSIONS) {
    const paths = sources.map((source) => join(weights, source));
    const path = join(weights, target);
    if (!paths.every((source) => existsSync(source))) continue;
    if (existsSync(path) && digest(await readFile(path)) === sha256) continue;
    const bytes = writeOnnx(convert(...(await Promise.all(paths.map((source) => readFile(source))))));
    if (digest(bytes) !== sha256) throw new Error(`${target} was converted wrongly.`);
    await writeFileAtomic(path, bytes);
  }
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
