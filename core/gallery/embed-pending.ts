import { LintelError } from '#contract';
import { problemOf, RECOGNITION_GATE, type Recognizer } from '#core/recognition';
import { LOCAL_ACCOUNT, type Store } from '#core/store';

/** References asked for at once; images are read one by one. */
const BATCH = 64;

export interface EmbeddingOptions {
  readonly store: Store;
  /** Whose references these are; by default the appliance's own. */
  readonly account?: string;
  readonly recognizer: Pick<Recognizer, 'modelId' | 'analyse'>;
  /**
   * Templates committed at once, 1 to 64; by default one, so that a crash costs one image. Where the model serves already,
   * who searches compares the whole collection after each commit.
   */
  readonly atOnce?: number;
  /** Called at the beginning, and after each commit. */
  readonly onProgress?: (progress: EmbeddingProgress) => void;
  /** Ends the work after the reference at hand; what was made is committed. */
  readonly signal?: AbortSignal;
}

export interface EmbeddingProgress {
  /** Images that the model has seen, and how many there are. */
  readonly done: number;
  readonly total: number;
}

/**
 * Make a template of a model from every kept image that it has not seen.
 * @returns false when aborted
 * @throws what the store throws, and faults of the recognizer
 */
export async function embedPending(options: EmbeddingOptions): Promise<boolean> {
  const { store, account = LOCAL_ACCOUNT, recognizer, atOnce = 1, onProgress, signal } = options;
  const { modelId } = recognizer;
  for (;;) {
    const batch = await store.pendingReferences(account, modelId, BATCH);
    const tell = onProgress && (await progressOf(options, onProgress));
    if (batch.length === 0) return true;
    for (let i = 0; i < batch.length; i += atOnce) {
      const made = new Map<number, Float32Array | null>();
      try {
        for (const referenceId of batch.slice(i, i + atOnce)) {
          if (signal?.aborted) return false;
          const image = await store.referenceImage(account, referenceId);
          // Removed since the batch was named.
          if (image === null) continue;
          made.set(referenceId, await templateOf(recognizer, image));
        }
      } finally {
        if (made.size > 0) await store.addTemplates(account, modelId, made);
      }
      tell?.(made.size);
    }
  }
}

/**
 * Tell how far it is. Only where the caller wants to know: it counts every template, seconds in a large collection.
 * @returns to be called after each commit, with the number of references
 */
async function progressOf(
  { store, account = LOCAL_ACCOUNT, recognizer }: EmbeddingOptions,
  onProgress: (progress: EmbeddingProgress) => void,
): Promise<(count: number) => void> {
  const { images, pending } = await store.modelCoverage(account, recognizer.modelId);
  let done = images - pending;
  onProgress({ done, total: images });
  return (count) => {
    done += count;
    onProgress({ done, total: images });
  };
}

/** Null when the model finds no face that may be a reference, or cannot read what was kept: neither would change by trying again. */
async function templateOf(
  recognizer: Pick<Recognizer, 'analyse'>,
  image: Uint8Array,
): Promise<Float32Array | null> {
  try {
    const analysis = await recognizer.analyse(image);
    return problemOf(analysis, RECOGNITION_GATE) === null ? (analysis.face?.template ?? null) : null;
  } catch (error) {
    if (error instanceof LintelError && error.code.startsWith('image-')) return null;
    throw error;
  }
}
