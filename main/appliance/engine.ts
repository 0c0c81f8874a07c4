import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Gallery } from '#core/gallery';
import { loadCalibration, type Calibration } from '#core/matching';
import { createRecognizer, type Recognizer } from '#core/recognition';
import { fileKeyProvider, openStore, type KeyProvider, type Store } from '#core/store';

/** Networks and what their similarities mean: enough for questions that need no store. */
export interface Recognition {
  readonly recognizer: Recognizer;
  readonly calibration: Calibration;
  close(): Promise<void>;
}

/** Everything that recognises and remembers people, without a screen. */
export interface Engine extends Recognition {
  readonly store: Store;
  readonly gallery: Gallery;
}

export interface RecognitionOptions {
  /** Holds the calibration tables, and the networks in `weights/`. */
  readonly modelsDir: string;
  /** Threads that compute; see `createRecognizer`. */
  readonly workers?: number;
}

export interface EngineOptions extends RecognitionOptions {
  /** The only folder that is written to; made (mode 0700) when it is missing. */
  readonly dataDir: string;
  /** By default the key file that `fileKeyProvider` finds. */
  readonly keyProvider?: KeyProvider;
}

export const weightsDirOf = (modelsDir: string): string => join(modelsDir, 'weights');

/** @throws LintelError `model-missing`, `calibration-missing` */
export async function openRecognition({ modelsDir, workers }: RecognitionOptions): Promise<Recognition> {
  const weightsDir = weightsDirOf(modelsDir);
  const recognizer = await createRecognizer({ weightsDir, ...(workers === undefined ? {} : { workers }) });
  try {
    const calibration = await loadCalibration(modelsDir, recognizer.modelId);
    return { recognizer, calibration, close: () => recognizer.close() };
  } catch (error) {
    await recognizer.close();
    throw error;
  }
}

/** @throws LintelError `store-*`, and what {@link openRecognition} throws */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { dataDir, keyProvider = fileKeyProvider() } = options;
  const recognition = await openRecognition(options);
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const store = await openStore({ dir: dataDir, keyProvider });
    try {
      const {
        calibration,
        recognizer: { modelId, dimension },
      } = recognition;
      const gallery = await Gallery.open({ store, modelId, dimension, calibration });
      return {
        ...recognition,
        store,
        gallery,
        close: async () => {
          await recognition.close();
          await store.close();
        },
      };
    } catch (error) {
      await store.close();
      throw error;
    }
  } catch (error) {
    await recognition.close();
    throw error;
  }
}
