import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ModelManifest, type ModelSetName } from '#contract';
import { convertNetworks } from './convert/index.ts';
import { fetchFiles } from './fetch.ts';
import { assembleLandmarker } from './landmarker.ts';
import { CACHE, MODELS, say } from './paths.ts';
import { prepareNetworks } from './prepare/index.ts';

/** Puts the neural networks of `models/manifest.json` that these sets need under `models/weights/`. */
export async function setUpWeights(sets: readonly ModelSetName[]): Promise<void> {
  const manifest = ModelManifest.parse(JSON.parse(await readFile(join(MODELS, 'manifest.json'), 'utf8')));
  const isNeeded = ({ set }: { set?: ModelSetName | undefined }): boolean =>
    set === undefined || sets.includes(set);
  const target = join(MODELS, 'weights');
  await fetchFiles(manifest.files.filter(isNeeded), { target, cache: CACHE, say });
  await convertNetworks(manifest.converted.filter(isNeeded), target);
  await prepareNetworks([...manifest.files, ...manifest.converted].filter(isNeeded), target);
  await assembleLandmarker(MODELS);
}

/** For a command that runs networks: brings those it was asked to run. */
export async function bringModels(command: Command): Promise<void> {
  await setUpWeights([command.opts<{ models: ModelSetName }>().models]);
}
