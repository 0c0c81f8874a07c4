import { join } from 'node:path';
import { LintelError, ModelSetName, type Actor } from '#contract';
import type { Gallery } from '#core/gallery';
import { loadCalibration } from '#core/matching';
import { createRecognizer, modelIdOf, type Recognizer } from '#core/recognition';
import { isUnwritable, openStore, type Claim, type KekProvider, type SqlStore } from '#core/store';
import { kekProviderFrom } from '../secrets/index.ts';
import { receiptsIn } from '../receipts/index.ts';
import { Models, type OpenModel, type Recognition, type Serve } from './models.ts';

/** Everything that recognises and remembers people, without a screen. */
export interface Engine {
  readonly store: SqlStore;
  /** The model that this installation is set to. Until it has embedded every image, another model may serve. */
  readonly setModel: Recognizer;
  /** Collections and faces, whichever model serves. What looks at templates, or removes some, goes through `serve`. */
  readonly gallery: Gallery;
  /** Recognizer, calibration and gallery of the model that serves. @throws `model-missing`, `calibration-missing` */
  readonly serve: Serve;
  /** Whether something is being served. */
  readonly isServing: boolean;
  close(): Promise<void>;
}

export interface RecognitionOptions {
  /** Holds the calibration tables, and the networks in `weights/`. */
  readonly modelsDir: string;
  /** Which networks. Default: `default`. */
  readonly set?: ModelSetName;
  /** Threads that compute; see `createRecognizer`. */
  readonly workers?: number;
}

export interface EngineOptions extends RecognitionOptions {
  /** The only folder that is written to; made (mode 0700) when it is missing. */
  readonly dataDir: string;
  /** By default what `kekProviderFrom` finds. */
  readonly kekProvider?: KekProvider;
  /** The actor that the audit log names for changes of the store. */
  readonly actor: Actor;
  /** The claim of an appliance, which must be the only one in its data folder. */
  readonly claim?: Claim;
  /** By default from `modelsDir`. */
  readonly openModel?: OpenModel;
}

export const weightsDirOf = (modelsDir: string): string => join(modelsDir, 'weights');

/** @throws LintelError `model-missing`, `calibration-missing` */
export async function openRecognition({ modelsDir, ...options }: RecognitionOptions): Promise<Recognition> {
  const recognizer = await createRecognizer({ weightsDir: weightsDirOf(modelsDir), ...options });
  try {
    const calibration = await loadCalibration(modelsDir, recognizer.modelId);
    return { recognizer, calibration, close: () => recognizer.close() };
  } catch (error) {
    await recognizer.close();
    throw error;
  }
}

/** The set of networks chosen, or the one whose model is asked for. */
function modelFrom(options: RecognitionOptions): OpenModel {
  const weightsDir = weightsDirOf(options.modelsDir);
  return async (modelId) => {
    if (modelId === null) return await openRecognition(options);
    for (const set of ModelSetName.options) {
      const found = await modelIdOf(weightsDir, set).catch(() => null);
      if (found === modelId) return await openRecognition({ ...options, set });
    }
    throw new LintelError('model-missing', `(${modelId}, which the people in this store were enrolled with)`);
  };
}

/** @throws LintelError `store-*`, `model-missing`, `calibration-missing`; the serving model is opened when first used */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { dataDir, kekProvider = kekProviderFrom(), openModel = modelFrom(options), claim } = options;
  const place = { dir: dataDir, kekProvider, ...(claim !== undefined && { claim }) };
  const store = (await openStore(place)).as(options.actor);
  try {
    await store.lineage.checkReceipts(await receiptsIn(dataDir)).catch((error: unknown) => {
      if (!isUnwritable(error)) throw error;
    });
    const models = await Models.open(store, openModel);
    return {
      store,
      setModel: models.set.recognizer,
      gallery: models.set.gallery,
      serve: models.serve,
      get isServing() {
        return models.isServing;
      },
      close: async () => {
        await models.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
