import { setTimeout as sleep } from 'node:timers/promises';
import { reEmbed, type EmbeddingProgress } from '#core/gallery';
import { LOCAL_ACCOUNT } from '#core/store';
import type { Log } from '../process/index.ts';
import type { Engine } from './engine.ts';

/** Milliseconds to wait after a full disk, or while another process holds the store. */
const RETRY_MS = 30_000;

/** Least milliseconds between two reports of progress to the screens. */
const REPORT_MS = 1000;

export interface ModelChange {
  /** Null unless a model is on its way in. */
  readonly progress: EmbeddingProgress | null;
  /** Ends after the image at hand; the next start goes on from there. */
  close(): Promise<void>;
}

/**
 * Brings the model that is set into service when another one serves, in the background.
 * @param onChange called now and then while it is under way, and once it is through
 */
export function startModelChange(engine: Engine, onChange: () => void, log: Log): ModelChange {
  const store = engine.store.as('device');
  const stop = new AbortController();
  const { signal } = stop;
  let progress: EmbeddingProgress | null = null;
  let reportedAt = 0;
  const onProgress = (now: EmbeddingProgress): void => {
    progress = now;
    if (performance.now() - reportedAt < REPORT_MS) return;
    reportedAt = performance.now();
    onChange();
  };

  async function run(): Promise<void> {
    const { setModel } = engine;
    const serving = await store.servingModel(LOCAL_ACCOUNT);
    if (serving === null || serving === setModel.modelId) return;
    log.info({ from: serving, to: setModel.modelId }, 'changing the model');
    if (!(await reEmbed({ store, recognizer: setModel, onProgress, signal }))) return;
    log.info({ to: setModel.modelId }, 'changed the model');
    progress = null;
    onChange();
  }

  async function untilDone(): Promise<void> {
    for (;;) {
      try {
        return await run();
      } catch (error) {
        log.error({ err: error }, 'changing the model was interrupted');
        await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
        if (signal.aborted) return;
      }
    }
  }

  const finished = untilDone();
  return {
    get progress() {
      return progress;
    },
    close: async () => {
      stop.abort();
      await finished;
    },
  };
}
