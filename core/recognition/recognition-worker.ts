import { workerData } from 'node:worker_threads';
import type { ModelSetName } from '#contract';
import { LintelError, toErrorBody, type ErrorBody } from '#contract/errors';
import type { OwnEmbedder } from './own-embedder.ts';
import { Pipeline } from './pipeline.ts';
import type { AnalyseOptions, ImageAnalysis } from './analysis.ts';

export interface WorkerTask extends AnalyseOptions {
  readonly image: Uint8Array;
}

export interface WorkerData {
  readonly weightsDir: string;
  readonly set: ModelSetName;
  readonly own: OwnEmbedder | null;
  /** Whether to run the networks once at the start, so that the first image takes no longer than the next ones. */
  readonly warm: boolean;
}

/** Errors lose their class between threads, so they travel as their body. */
export type WorkerReply =
  { readonly ok: true; readonly analysis: ImageAnalysis } | { readonly ok: false; readonly error: ErrorBody };

// A failure to load becomes the answer to every task: the worker stays alive.
const { weightsDir, set, own, warm } = workerData as WorkerData;
const pipeline = await Pipeline.load(weightsDir, set, own).catch((error: unknown) => toErrorBody(error));
// What fails here fails for the first image as well, which is answered.
if (warm && pipeline instanceof Pipeline) await pipeline.warmUp().catch(() => undefined);

export default async function analyse({ image, ...options }: WorkerTask): Promise<WorkerReply> {
  if (!(pipeline instanceof Pipeline)) return { ok: false, error: pipeline };
  try {
    return { ok: true, analysis: await pipeline.analyse(image, options) };
  } catch (error) {
    // What is not ours is a fault to be seen whole by the caller's log.
    if (!(error instanceof LintelError)) throw error;
    return { ok: false, error: toErrorBody(error) };
  }
}
