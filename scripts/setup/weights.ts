import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelManifest } from '#contract';
import { fetchFiles } from './fetch.ts';
import { assembleLandmarker } from './landmarker.ts';
import { CACHE, MODELS, say } from './paths.ts';

/** Puts every neural network of `models/manifest.json` under `models/weights/`. */
export async function setUpWeights(): Promise<void> {
  const manifest = ModelManifest.parse(JSON.parse(await readFile(join(MODELS, 'manifest.json'), 'utf8')));
  const target = join(MODELS, 'weights');
  await fetchFiles(manifest.files, { target, cache: CACHE, say });
  await assembleLandmarker(MODELS);
}
