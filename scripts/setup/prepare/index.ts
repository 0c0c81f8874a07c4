import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { preparedName, type ModelManifest } from '#contract';
import { sha256 } from '../fetch.ts';
import { prepareNetwork } from './prepare.ts';

type Entry = ModelManifest['files'][number] | ModelManifest['converted'][number];

/**
 * Prepare the networks that have a prepared form, unless it was done before.
 * @param weights the folder `models/weights/`, which holds the networks, already checked
 * @throws Error when a result is not byte for byte the known one
 */
export async function prepareNetworks(networks: readonly Entry[], weights: string): Promise<void> {
  for (const { name, prepared } of networks) {
    const path = join(weights, preparedName(name));
    if (prepared === undefined) continue;
    if (existsSync(path) && sha256(await readFile(path)) === prepared) continue;
    const bytes = prepareNetwork(await readFile(join(weights, name)));
    if (sha256(bytes) !== prepared) throw new Error(`${name} was prepared wrongly.`);
    await writeFileAtomic(path, Buffer.from(bytes));
  }
}
