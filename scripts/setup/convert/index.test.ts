import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelManifest } from '#contract';
import manifest from '../../../models/manifest.json' with { type: 'json' };
import { convertNetworks } from './index.ts';

const SOURCE = 'face_landmark_with_attention.tflite';
const MESH = ModelManifest.parse(manifest).converted.filter(({ name }) => name === 'face_mesh.onnx');
const WEIGHTS = new URL('../../../models/weights/', import.meta.url);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lintel-convert-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('convertNetworks', () => {
  it('converts once', async () => {
    await copyFile(new URL(SOURCE, WEIGHTS), join(folder, SOURCE));
    await convertNetworks(MESH, folder);
    expect((await readdir(folder)).toSorted()).toEqual([SOURCE, 'face_mesh.onnx']);
    const { ino } = await stat(join(folder, 'face_mesh.onnx'));
    await convertNetworks(MESH, folder);
    expect((await stat(join(folder, 'face_mesh.onnx'))).ino).toBe(ino);
  });

  it('repairs a damaged result', async () => {
    await copyFile(new URL(SOURCE, WEIGHTS), join(folder, SOURCE));
    await convertNetworks(MESH, folder);
    const good = await readFile(join(folder, 'face_mesh.onnx'));
    await writeFile(join(folder, 'face_mesh.onnx'), 'damaged');
    await convertNetworks(MESH, folder);
    expect((await readFile(join(folder, 'face_mesh.onnx'))).equals(good)).toBe(true);
  });

  it('refuses a source that gives another network', async () => {
    const bytes = await readFile(new URL(SOURCE, WEIGHTS));
    // In the middle of a convolution's weights.
    bytes.writeUInt8(bytes.readUInt8(1_500_000) ^ 1, 1_500_000);
    await writeFile(join(folder, SOURCE), bytes);
    await expect(convertNetworks(MESH, folder)).rejects.toThrow('face_mesh.onnx');
    expect(await readdir(folder)).toEqual([SOURCE]);
  });
});
