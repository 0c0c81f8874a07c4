import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { NetworkSpec } from '#contract';
import { LintelError } from '#contract/errors';
import { toTemplate } from './embedding.ts';
import { Network } from './network.ts';
import type { Embedder } from './networks.ts';
import { inspectOnnx, MOST_NETWORK_BYTES } from './onnx-file.ts';
import { embedderOf, type OwnEmbedder } from './own-embedder.ts';

/** Two pictures of noise are this unlike at least: a network that answers everything alike recognises no person. */
const ALIKE = 0.9999;

/** What was found of a network that an operator wants to add. */
export interface TriedNetwork {
  readonly bytes: Uint8Array;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Milliseconds for one face, on one thread. */
  readonly milliseconds: number;
}

/**
 * Read an operator's own network and run it on noise.
 * @throws LintelError `usage` for a file that cannot be read, `model-unfit` for one that is no embedding network as described
 */
export async function tryNetwork(file: string, spec: NetworkSpec): Promise<TriedNetwork> {
  const bytes = await readBounded(file);
  inspectOnnx(bytes);
  const { network, embedder } = await load(bytes, spec);
  const answers: Float32Array[] = [];
  let milliseconds = Infinity;
  for (const seed of [1, 2, 3]) {
    const start = performance.now();
    answers.push(await embed(network, embedder, noise(3 * spec.side ** 2, seed)));
    milliseconds = Math.min(milliseconds, performance.now() - start);
  }
  const [first, second] = answers as [Float32Array, Float32Array];
  if (first.reduce((sum, x, i) => sum + x * second[i]!, 0) > ALIKE) {
    throw new LintelError('model-unfit', '(it answers different pictures alike)');
  }
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex'), milliseconds };
}

/**
 * Load a network that was added, if it still is the same file.
 * @throws LintelError `model-missing`, `model-corrupt`, `model-unfit`
 */
export async function loadOwn({
  path,
  sha256,
  modelId,
  spec,
}: OwnEmbedder): Promise<{ network: Network; embedder: Embedder }> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new LintelError('model-missing', `(${modelId})`, { cause: error });
  });
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new LintelError('model-corrupt', `(${modelId})`);
  }
  return await load(bytes, spec);
}

async function load(bytes: Uint8Array, spec: NetworkSpec): Promise<{ network: Network; embedder: Embedder }> {
  const network = await Network.from(bytes, [1, 3, spec.side, spec.side]).catch((error: unknown) => {
    throw new LintelError('model-unfit', '(the runtime does not take it)', { cause: error });
  });
  const { inputs, outputs } = network;
  const [input] = inputs;
  const takes = [1, 3, spec.side, spec.side];
  const isTaken =
    inputs.length === 1 &&
    input?.type === 'float32' &&
    input.shape.length === takes.length &&
    // A name, or a number below 1, stands for any length.
    input.shape.every((length, i) => typeof length === 'string' || length < 1 || length === takes[i]);
  if (!isTaken) throw new LintelError('model-unfit', `(its input is not ${takes.join(' x ')} numbers)`);
  if (outputs.length !== 1) throw new LintelError('model-unfit', '(it has more answers than one)');
  return { network, embedder: embedderOf(spec, outputs[0]!) };
}

async function embed(network: Network, embedder: Embedder, picture: Float32Array): Promise<Float32Array> {
  try {
    return toTemplate(await embedder.embed(network, picture), embedder.dimension).template;
  } catch (error) {
    throw new LintelError('model-unfit', `(its answer is not ${embedder.dimension} numbers)`, {
      cause: error,
    });
  }
}

async function readBounded(file: string): Promise<Uint8Array> {
  const unreadable = (cause?: unknown): LintelError =>
    new LintelError('usage', `The file ${file} cannot be read.`, { cause });
  const stats = await stat(file).catch((error: unknown) => {
    throw unreadable(error);
  });
  if (!stats.isFile()) throw unreadable();
  if (stats.size > MOST_NETWORK_BYTES) {
    throw new LintelError('model-unfit', `(it is larger than ${MOST_NETWORK_BYTES / 2 ** 20} MB)`);
  }
  return await readFile(file).catch((error: unknown) => {
    throw unreadable(error);
  });
}

/** Colours 0..255 that look like nothing, the same for the same seed. */
const noise = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => 127.5 * (1 + Math.sin(seed * 12.9898 * i + seed * i * i)));
