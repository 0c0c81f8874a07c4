import { LintelError } from '#contract';
import { labelledTemplates } from '#core/gallery';
import { describeTable, fitCalibration } from '#core/matching';
import { writeOwnCalibration } from '../appliance/index.ts';
import { withServing, type Answer, type StoreOptions } from './commands.ts';

interface CalibrateOptions extends StoreOptions {
  readonly collection?: string;
  readonly dryRun?: boolean;
  readonly reset?: boolean;
}

/** Measures what similarity means among the people enrolled here, and uses that from the next start on. */
export async function calibrate({
  collection,
  dryRun,
  reset,
  ...options
}: CalibrateOptions): Promise<Answer> {
  if ((collection === undefined) === (reset !== true)) {
    throw new LintelError('usage', 'Name a collection, or ask for a reset.');
  }
  return await withServing(options, async ({ gallery, recognizer: { modelId } }, { store }) => {
    if (collection === undefined) {
      await writeOwnCalibration(store, modelId, null);
      return { json: { reset: true }, text: 'The calibration that came with the model is in use again.' };
    }
    await gallery.getCollection(collection);
    const subjects = await labelledTemplates(store, collection, modelId);
    const table = fitCalibration(subjects, { modelId, dataSet: 'people enrolled here', seed: 1 });
    if (dryRun !== true) await writeOwnCalibration(store, modelId, table);
    const outcome = dryRun === true ? 'Nothing was changed.' : 'In use from the next start on.';
    return { json: { used: dryRun !== true, table }, text: `${describeTable(table)}\n${outcome}` };
  });
}
