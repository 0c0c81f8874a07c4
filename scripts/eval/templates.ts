import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { LintelError, type ErrorCode, type ModelSetName } from '#contract';
import {
  createRecognizer,
  type AnalyseOptions,
  type FaceMeasurements,
  type Recognizer,
  type Stage,
  type Template,
} from '#core/recognition';
import type { LabelledImage } from './images.ts';
import { progress } from './progress.ts';

/** An image with its template, or with why it has none. */
export interface Enrolment extends LabelledImage {
  readonly template: Template | null;
  /** Where it was asked for. */
  readonly descriptor?: Float32Array | undefined;
  readonly failure: ErrorCode | null;
  /** What quality is read from; null without a face. */
  readonly measurements: FaceMeasurements | null;
  readonly milliseconds: Readonly<Partial<Record<Stage, number>>>;
}

/** Analyse every image with a recognizer of its own; progress and images without a template are told on standard error. */
export async function analyseImages(
  networks: { weightsDir: string; set: ModelSetName },
  dir: string,
  images: readonly LabelledImage[],
  asked: AnalyseOptions = {},
): Promise<{ modelId: string; enrolments: Enrolment[] }> {
  const recognizer = await createRecognizer({ ...networks, workers: availableParallelism() });
  try {
    const tell = progress('Analysing images');
    const enrolments = await enrolAll(
      { ...recognizer, analyse: (image) => recognizer.analyse(image, asked) },
      dir,
      images,
      (done) => tell(done / images.length),
    );
    for (const { path, failure } of enrolments) {
      if (failure !== null) process.stderr.write(`${path}: ${failure}\n`);
    }
    return { modelId: recognizer.modelId, enrolments };
  } finally {
    await recognizer.close();
  }
}

/**
 * Analyse every image, as many at once as the recognizer computes, in the order given.
 * @param onProgress called with the number done
 */
export async function enrolAll(
  recognizer: Recognizer,
  dir: string,
  images: readonly LabelledImage[],
  onProgress: (done: number) => void,
): Promise<Enrolment[]> {
  const results: Enrolment[] = [];
  const queue = images.entries();
  let done = 0;
  const lane = async (): Promise<void> => {
    for (const [i, image] of queue) {
      results[i] = { ...image, ...(await enrol(recognizer, join(dir, image.path))) };
      onProgress(++done);
    }
  };
  // One more in hand than is computed, so that no worker waits for a file to be read.
  await Promise.all(Array.from({ length: recognizer.concurrency * 2 }, lane));
  return results;
}

async function enrol(recognizer: Recognizer, file: string): Promise<Omit<Enrolment, keyof LabelledImage>> {
  try {
    const { face, milliseconds } = await recognizer.analyse(await readFile(file));
    return {
      template: face?.template ?? null,
      descriptor: face?.descriptor,
      failure: face ? null : 'no-face',
      measurements: face?.measurements ?? null,
      milliseconds,
    };
  } catch (error) {
    if (!(error instanceof LintelError && error.code.startsWith('image-'))) throw error;
    return { template: null, failure: error.code, measurements: null, milliseconds: {} };
  }
}
