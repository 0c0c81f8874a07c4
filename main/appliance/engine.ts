import { join } from 'node:path';
import { LintelError, ModelSetName, ownNameOf, type Actor, type ModelChoice } from '#contract';
import type { Gallery } from '#core/gallery';
import { loadCalibration } from '#core/matching';
import { createRecognizer, modelIdOf, type OwnEmbedder, type Recognizer } from '#core/recognition';
import {
  isUnwritable,
  openStore,
  type Claim,
  type KekProvider,
  type SqlStore,
  type Store,
} from '#core/store';
import { embedderFor, ownNetworks } from '../networks/index.ts';
import { kekProviderFrom } from '../secrets/index.ts';
import { receiptsIn } from '../receipts/index.ts';
import { Models, type OpenModel, type Recognition, type Serve } from './models.ts';
import { readOwnCalibration } from './own-calibration.ts';

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
  /** Threads that compute, and when they start; see `createRecognizer`. */
  readonly workers?: number;
  readonly startsWhenUsed?: boolean;
}

/** Opens the networks that come with the product. @throws as {@link openRecognition} */
export type OpenNetworks = (options: RecognitionOptions) => Promise<Recognition>;

export interface EngineOptions extends Omit<RecognitionOptions, 'set'> {
  /** Which set of networks, or which network of the operator's own. Default: `default`. */
  readonly set?: ModelChoice;
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
  /** By default {@link openRecognition}. */
  readonly openNetworks?: OpenNetworks | undefined;
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

/**
 * Open a network of the operator's own to embed with, calibrated or not.
 * @throws LintelError `model-missing`, `model-corrupt`
 */
export async function openOwnRecognizer(
  { modelsDir, ...options }: Omit<RecognitionOptions, 'set'>,
  own: OwnEmbedder,
): Promise<Recognizer> {
  return await createRecognizer({
    weightsDir: weightsDirOf(modelsDir),
    ...options,
    set: own.spec.base,
    own,
  });
}

/** The same to decide with. @throws LintelError also `model-uncalibrated`: it is not known what its similarities mean */
async function openOwn(options: RecognitionOptions, store: Store, own: OwnEmbedder): Promise<Recognition> {
  const calibration = await readOwnCalibration(store, own.modelId);
  if (calibration === null) throw new LintelError('model-uncalibrated', `(${own.modelId})`);
  const recognizer = await openOwnRecognizer(options, own);
  return { recognizer, calibration, close: () => recognizer.close() };
}

/** What choosing networks needs besides the store, which knows those of the operator's own. */
export type ModelOptions = Pick<
  EngineOptions,
  'modelsDir' | 'dataDir' | 'set' | 'workers' | 'startsWhenUsed' | 'openNetworks'
>;

/** The networks chosen, or those whose model is asked for. @throws what {@link openOwn} and {@link openRecognition} throw */
export function modelFrom(
  { set: choice = 'default', dataDir, ...rest }: ModelOptions,
  store: Store,
): OpenModel {
  const { modelsDir, workers, startsWhenUsed, openNetworks = openRecognition } = rest;
  const options: RecognitionOptions = {
    modelsDir,
    ...(workers !== undefined && { workers }),
    ...(startsWhenUsed !== undefined && { startsWhenUsed }),
  };
  const weightsDir = weightsDirOf(modelsDir);
  return async (modelId) => {
    const own = modelId === null ? ownNameOf(choice) : null;
    if (own !== null) return await openOwn(options, store, await embedderFor(store, dataDir, own));
    if (modelId === null) return await openNetworks({ ...options, set: ModelSetName.parse(choice) });
    for (const set of ModelSetName.options) {
      const found = await modelIdOf(weightsDir, set).catch(() => null);
      if (found === modelId) return await openNetworks({ ...options, set });
    }
    const added = (await ownNetworks(store)).find((network) => network.modelId === modelId);
    if (added) return await openOwn(options, store, await embedderFor(store, dataDir, added.name));
    throw new LintelError('model-missing', `(${modelId}, which the people in this store were enrolled with)`);
  };
}

/** @throws LintelError `store-*`, `model-missing`, `calibration-missing`; the serving model is opened when first used */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { dataDir, kekProvider = kekProviderFrom(), claim } = options;
  const place = { dir: dataDir, kekProvider, ...(claim !== undefined && { claim }) };
  const store = (await openStore(place)).as(options.actor);
  try {
    await store.lineage.checkReceipts(await receiptsIn(dataDir)).catch((error: unknown) => {
      if (!isUnwritable(error)) throw error;
    });
    const models = await Models.open(store, options.openModel ?? modelFrom(options, store));
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
