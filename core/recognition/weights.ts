import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import manifestJson from '#models/manifest' with { type: 'json' };
import { LintelError } from '#contract/errors';
import { ModelManifest, preparedName } from '#contract/models';

const manifest = ModelManifest.parse(manifestJson);
const KNOWN = new Map([...manifest.files, ...manifest.converted].map((entry) => [entry.name, entry]));

/** A network's file under `models/weights/`, and the shape of its one input. */
export interface NetworkFile {
  readonly file: string;
  readonly shape: readonly number[];
}

/** A network's file, ready to be run. */
export interface Weights {
  /** SHA-256 of the file as its publisher made it, in hexadecimal: what the network is known by. */
  readonly digest: string;
  /** Whether it is the one that the manifest names, rather than an operator's own. */
  readonly isKnown: boolean;
  /** What is run: the form that set-up prepared for speed where there is one, else the file itself. */
  readonly bytes: Uint8Array;
}

/**
 * Read a network and the form of it that is run. An operator's own file is run as it is.
 * @param weightsDir folder that set-up fills
 * @param file name in it
 * @throws LintelError `model-missing`, or `model-corrupt` where the prepared form is not the known one; both name the file
 */
export async function readWeights(weightsDir: string, file: string): Promise<Weights> {
  const bytes = await read(weightsDir, file);
  const digest = sha256(bytes);
  const known = KNOWN.get(file);
  if (known?.sha256 !== digest) return { digest, isKnown: false, bytes };
  if (known.prepared === undefined) return { digest, isKnown: true, bytes };
  const name = preparedName(file);
  const prepared = await read(weightsDir, name);
  if (sha256(prepared) !== known.prepared) throw new LintelError('model-corrupt', name);
  return { digest, isKnown: true, bytes: prepared };
}

/** Name and fingerprint of a network: templates of a replaced file never meet those of the old one. */
export function networkId(file: string, { digest }: Pick<Weights, 'digest'>): string {
  return `${parse(file).name}-${digest.slice(0, 12)}`;
}

async function read(dir: string, name: string): Promise<Buffer> {
  return await readFile(join(dir, name)).catch((error: unknown) => {
    throw new LintelError('model-missing', name, { cause: error });
  });
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
