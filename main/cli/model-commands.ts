import { reEmbed } from '#core/gallery';
import { LOCAL_ACCOUNT, type ModelCoverage } from '#core/store';
import type { Engine } from '../appliance/index.ts';
import { withEngine, type Answer, type StoreOptions } from './commands.ts';

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
  `The set model has seen ${coverage.images - coverage.pending} of ${coverage.images} images. ${leftBehind(coverage)}`;

const leftBehind = ({ faces, reEnrol }: ModelCoverage): string =>
  reEnrol === 0 ? 'Nobody has to be enrolled again.' : `To be enrolled again: ${reEnrol} of ${faces} people.`;
