import { availableParallelism, getPriority } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { LintelError, type ModelSetName } from '#contract';
import type { OwnEmbedder } from './own-embedder.ts';
import type { WorkerData, WorkerReply, WorkerTask } from './recognition-worker.ts';
import { NETWORK_SETS } from './sets.ts';
import { networkId, readWeights } from './weights.ts';
import type { AnalyseOptions, ImageAnalysis, Recognizer } from './analysis.ts';

/** Images that may wait per worker: at about 25 ms each the last one waits under a second. */
const QUEUE_PER_WORKER = 32;

/** By how much the threads step back where others want the processor (`nice(2)`); alone they lose nothing. */
const NICENESS = 4;

/**
 * By how much to raise the niceness of a thread. The answer -1 of `nice(2)` is also how it reports an error, and the
 * library takes it for one: a thread that would end there never starts.
 * @param own niceness of the process, -20 to 19
 */
export const stepBack = (own: number): number => (own + NICENESS === -1 ? NICENESS + 1 : NICENESS);

/** Beside this file: `.ts` when run from source, `.js` when bundled. */
const HERE = fileURLToPath(import.meta.url);
const WORKER_FILE = join(dirname(HERE), `recognition-worker${extname(HERE)}`);

export interface RecognizerOptions {
  /** Folder that holds the networks of `models/manifest.json`. */
  readonly weightsDir: string;
  /** Which of its sets. Default: `default`. */
  readonly set?: ModelSetName;
  /** An operator's own embedding network, in place of that of the set. */
  readonly own?: OwnEmbedder | null;
  /** Threads that compute, each with its own networks (about 100 MB). Default: one processor is left free, at most 4. */
  readonly workers?: number;
  /** Images that may wait for a worker before further ones are refused. Default: 32 per worker. */
  readonly queue?: number;
  /** Whether the threads start with the first image, for those who may have none. Default: at once. */
  readonly startsWhenUsed?: boolean;
}

/**
 * Start the worker threads; they load the networks once, while this returns or before they first look at an image.
 * @throws LintelError `model-missing` or `model-corrupt`, naming the file
 */
export async function createRecognizer({
  weightsDir,
  set = 'default',
  own = null,
  workers = Math.min(4, Math.max(1, availableParallelism() - 1)),
  queue = workers * QUEUE_PER_WORKER,
  startsWhenUsed = false,
}: RecognizerOptions): Promise<Recognizer> {
  const files = await inspectNetworks(weightsDir, set);
  const { file, dimension } = { ...NETWORK_SETS[set].embedder, ...own?.spec };
  const modelId =
    own?.modelId ??
    networkId(
      file,
      files.find((each) => each.file === file)!,
    );
  const start = (): Threads => startThreads(workers, { weightsDir, set, own, warm: !startsWhenUsed });
  let threads = startsWhenUsed ? null : start();
  const running = new Set<Promise<WorkerReply>>();
  const run = async ({ pool }: Threads, task: WorkerTask): Promise<WorkerReply> => {
    const reply = pool.run(task, { transferList: [task.image.buffer as ArrayBuffer] });
    running.add(reply);
    try {
      return await reply;
    } finally {
      running.delete(reply);
    }
  };
  return {
    modelId,
    dimension,
    concurrency: workers,
    async analyse(image: Uint8Array, options: AnalyseOptions = {}): Promise<ImageAnalysis> {
      threads ??= start();
      if (threads.pool.queueSize >= queue) throw new LintelError('busy');
      // A copy travels: transferring would take the caller's buffer away, and a pooled Buffer's neighbours with it.
      const reply = await run(threads, { ...options, image: new Uint8Array(image) });
      if (!reply.ok) throw LintelError.fromBody(reply.error);
      return reply.analysis;
    },
    answers: async () => {
      threads ??= start();
      const asked = [...running];
      // Where none waits, one of no bytes, which a thread that is free refuses.
      if (threads.pool.queueSize === 0) asked.push(run(threads, { image: new Uint8Array() }));
      await Promise.race(asked).catch(() => undefined);
    },
    close: async () => {
      await threads?.loaded;
      await threads?.pool.close();
    },
  };
}

/** Threads that compute. */
interface Threads {
  readonly pool: Piscina<WorkerTask, WorkerReply>;
  /** Ending a thread while it loads its networks aborts the whole process. */
  readonly loaded: Promise<unknown>;
}

function startThreads(count: number, workerData: WorkerData): Threads {
  const pool = new Piscina<WorkerTask, WorkerReply>({
    filename: WORKER_FILE,
    minThreads: count,
    maxThreads: count,
    workerData,
    // Screen, door and sockets come first: who waits for a face waits a little longer rather than they.
    niceIncrement: stepBack(getPriority()),
    // Otherwise a task that waits is put behind every newer one each time a worker is free.
    stricterFIFO: true,
  });
  // Each thread takes one of these and has loaded its networks when it answers.
  const loaded = Promise.allSettled(
    Array.from({ length: count }, () => pool.run({ image: new Uint8Array() })),
  );
  return { pool, loaded };
}

/**
 * The identity of a set's embedding network.
 * @throws LintelError `model-missing`, `model-corrupt`
 */
export async function modelIdOf(weightsDir: string, set: ModelSetName): Promise<string> {
  const { file } = NETWORK_SETS[set].embedder;
  return networkId(file, await readWeights(weightsDir, file));
}

/**
 * Read every network of a set.
 * @returns for each file its SHA-256, and whether it is the one that the manifest names, rather than an operator's own, run as it is
 * @throws LintelError `model-missing`, `model-corrupt`
 */
export async function inspectNetworks(
  weightsDir: string,
  set: ModelSetName,
): Promise<{ file: string; digest: string; isKnown: boolean }[]> {
  const read = async (file: string) => {
    const { digest, isKnown } = await readWeights(weightsDir, file);
    return { file, digest, isKnown };
  };
  return await Promise.all(filesOf(set).map(read));
}

function filesOf(set: ModelSetName): string[] {
  const { detector, landmarker, embedder, passive } = NETWORK_SETS[set];
  return [detector, landmarker, embedder, ...(passive ? [passive] : [])].map(({ file }) => file);
}
