import { ModelSetName, type OwnNetwork } from '#contract';
import { reEmbed } from '#core/gallery';
import { modelIdOf } from '#core/recognition';
import { LOCAL_ACCOUNT, type ModelCoverage } from '#core/store';
import { readOwnCalibration, weightsDirOf, type Engine } from '../appliance/index.ts';
import { addOwnNetwork, readSpec, removeOwnNetwork, wholeOwnNetworks } from '../networks/index.ts';
import { MODELS, withEngine, type Answer, type StoreOptions } from './commands.ts';
import { withStore } from './store-access.ts';
import { table } from './table.ts';

/** Which embedding model serves, which one is set, and how far that one has come. */
export async function modelsStatus(options: StoreOptions): Promise<Answer> {
  return await withEngine(options, async (engine) => {
    const { serving, set, coverage } = await stateOf(engine);
    return {
      json: { serving, set, ...coverage },
      text: [`Serving: ${serving}`, `Set:     ${set}`, ...(serving === set ? [] : [outlook(coverage)])].join(
        '\n',
      ),
    };
  });
}

/**
 * Makes the set model's templates from all images kept, then lets it serve. May be stopped at any moment and run again.
 * @param onProgress called with a line of text after each image
 */
export async function migrateModels(
  options: StoreOptions,
  onProgress: (line: string) => void,
): Promise<Answer> {
  return await withEngine(options, async (engine) => {
    const before = await stateOf(engine);
    if (before.serving === before.set) {
      return {
        json: { changed: false, ...before.coverage, serving: before.serving },
        text: `${before.set} serves.`,
      };
    }
    await reEmbed({
      store: engine.store,
      recognizer: engine.setModel,
      onProgress: ({ done, total }) => onProgress(`${done} of ${total} images`),
    });
    const { serving, coverage } = await stateOf(engine);
    return {
      json: { changed: true, ...coverage, serving },
      text: `${serving} serves now. ${leftBehind(coverage)}`,
    };
  });
}

interface State {
  readonly serving: string;
  readonly set: string;
  readonly coverage: ModelCoverage;
}

async function stateOf({ store, setModel: { modelId } }: Engine): Promise<State> {
  return {
    serving: (await store.servingModel(LOCAL_ACCOUNT)) ?? modelId,
    set: modelId,
    coverage: await store.modelCoverage(LOCAL_ACCOUNT, modelId),
  };
}

const outlook = (coverage: ModelCoverage): string =>
  `The set model has seen ${coverage.images - coverage.pending} of ${coverage.images} images. ${leftBehind(coverage)} Let it serve: lintel models migrate.`;

const leftBehind = ({ faces, reEnrol }: ModelCoverage): string =>
  reEnrol === 0 ? 'Nobody has to be enrolled again.' : `To be enrolled again: ${reEnrol} of ${faces} people.`;

/**
 * Adds an embedding network of the operator's own.
 * @throws LintelError `usage`, `model-unfit`, `file-exists`
 */
export async function addModel(
  file: string,
  { spec, name, licence, ...options }: StoreOptions & { spec: string; name: string; licence: string },
): Promise<Answer> {
  const described = await readSpec(spec);
  return await withStore({ ...options, makesStore: true }, async (store) => {
    const { network, milliseconds } = await addOwnNetwork(store, options.data, {
      file,
      name,
      licence,
      spec: described,
    });
    return {
      json: { ...network, milliseconds: Number(milliseconds.toFixed(1)), prepared: false },
      text: [
        `Added ${network.name} as ${network.modelId}: ${describe(network)}.`,
        `Licence: ${network.licence}`,
        `A face takes it ${milliseconds.toFixed(0)} ms. It is run as it is: the networks that come with Lintel are rewritten for speed, this one is not.`,
        `It decides nothing before it is calibrated: lintel calibrate --models own:${network.name} --images DIR, with one folder of pictures per person, or --collection ID.`,
        `Then lintel models migrate --models own:${network.name} makes the templates of everybody, and start with --models own:${network.name}.`,
      ].join('\n'),
    };
  });
}

/** The sets that come with Lintel, and the networks that were added. */
export async function listModels(options: StoreOptions): Promise<Answer> {
  return await withStore(options, async (store) => {
    const serving = await store.servingModel(LOCAL_ACCOUNT);
    const sets = await Promise.all(
      ModelSetName.options.map(async (name) => ({
        name,
        modelId: await modelIdOf(weightsDirOf(MODELS), name).catch(() => null),
      })),
    );
    const own = await Promise.all(
      (await wholeOwnNetworks(store, options.data)).map(async (network) => ({
        ...network,
        isCalibrated: (await readOwnCalibration(store, network.modelId)) !== null,
      })),
    );
    const serves = (modelId: string | null): string =>
      modelId !== null && modelId === serving ? 'serves' : '';
    const text = table(
      ['Name', 'Network', 'State', 'Licence', 'File'],
      [
        ...sets.map(({ name, modelId }) => [
          name,
          modelId,
          modelId === null ? 'not set up' : serves(modelId),
          null,
          null,
        ]),
        ...own.map((network) => [
          `own:${network.name}`,
          network.modelId,
          [
            serves(network.modelId),
            network.isCalibrated ? 'calibrated' : 'not calibrated',
            network.isWhole ? '' : 'FILE MISSING OR CHANGED',
          ]
            .filter((part) => part !== '')
            .join(', '),
          network.licence,
          describe(network),
        ]),
      ],
    );
    return { json: { serving, sets, own }, text };
  });
}

/** @throws LintelError `model-unknown`, `model-in-use` */
export async function removeModel(name: string, options: StoreOptions): Promise<Answer> {
  return await withStore(options, async (store) => {
    const { modelId } = await removeOwnNetwork(store, options.data, name.replace(/^own:/, ''));
    return { json: { removed: modelId }, text: `Removed ${modelId}.` };
  });
}

const describe = ({ bytes, sha256, spec }: OwnNetwork): string =>
  `${(bytes / 2 ** 20).toFixed(1)} MB, sha256 ${sha256.slice(0, 16)}…, ${spec.side}x${spec.side} ${spec.order}, ${spec.dimension} numbers, faces found by the set ${spec.base}`;
