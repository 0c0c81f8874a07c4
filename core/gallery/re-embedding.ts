import { LintelError } from '#contract';
import type { Recognizer } from '#core/recognition';
import { LOCAL_ACCOUNT, type Store } from '#core/store';

/** References asked for at once; images are read one by one. */
const BATCH = 64;

export interface ReEmbeddingOptions {
  readonly store: Store;
  /** Whose references these are; by default the appliance's own. */
  readonly account?: string;
  /** Of the model that is to serve. */
  readonly recognizer: Pick<Recognizer, 'modelId' | 'analyse'>;
  /** Called at the beginning and after each reference, once its template is committed. */
  readonly onProgress?: (progress: ReEmbeddingProgress) => void;
  /** Ends the work after the reference at hand. */
  readonly signal?: AbortSignal;
}

export interface ReEmbeddingProgress {
  /** Images that the model has seen, and how many there are. */
  readonly done: number;
  readonly total: number;
}

/**
 * Make a template of another model from every image that is kept, then let that model serve. Until then the old
 * templates serve. Each template is committed by itself: whenever this ends, also by a crash, the next call goes on
 * where it was, and embeds no image again whose template was committed. References that are enrolled meanwhile are
 * taken along; of several processes that do this at the same time each does no harm to the others.
 * @returns whether the model serves now; false when aborted
 * @throws what the store throws, and faults of the recognizer
 */
export async function reEmbed(options: ReEmbeddingOptions): Promise<boolean> {
  const { store, account = LOCAL_ACCOUNT, recognizer, onProgress, signal } = options;
  const { modelId } = recognizer;
  for (;;) {
    const batch = await store.pendingReferences(account, modelId, BATCH);
    const { images, pending } = await store.modelCoverage(account, modelId);
    let done = images - pending;
    onProgress?.({ done, total: images });
    if (batch.length === 0 && (await store.switchModel(account, modelId))) return true;
    for (const referenceId of batch) {
      if (signal?.aborted) return false;
      const image = await store.referenceImage(account, referenceId);
      // Removed since the batch was named.
      if (image === null) continue;
      await store.addTemplate(account, referenceId, modelId, await templateOf(recognizer, image));
      done += 1;
      onProgress?.({ done, total: images });
    }
  }
}

/** Null when the model finds no face, or cannot read what was kept: neither would change by trying again. */
async function templateOf(
  recognizer: Pick<Recognizer, 'analyse'>,
  image: Uint8Array,
): Promise<Float32Array | null> {
  try {
    return (await recognizer.analyse(image)).face?.template ?? null;
  } catch (error) {
    if (error instanceof LintelError && error.code.startsWith('image-')) return null;
    throw error;
  }
}
