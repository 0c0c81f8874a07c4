import { basename, resolve } from 'node:path';
import { LintelError, ModelSetName, ownNameOf, type CalibrationTable } from '#contract';
import { embedPending, labelledTemplates } from '#core/gallery';
import {
  describeTable,
  drawPeople,
  fitCalibration,
  MAX_TEMPLATES,
  MIN_PEOPLE,
  seeded,
  type LabelledTemplate,
} from '#core/matching';
import { createRecognizer, type Recognizer } from '#core/recognition';
import type { Store } from '#core/store';
import { openOwnRecognizer, weightsDirOf, writeOwnCalibration } from '../appliance/index.ts';
import { embedderFor, modelIdOfChoice } from '../networks/index.ts';
import { MODELS, withServing, type Answer, type StoreOptions } from './commands.ts';
import { listPeople, readPicture } from './pictures.ts';
import { withStore } from './store-access.ts';

interface CalibrateOptions extends StoreOptions {
  readonly collection?: string;
  readonly images?: string;
  readonly dryRun?: boolean;
  readonly reset?: boolean;
}

/**
 * Measures what similarity means, among the people enrolled here or on pictures of others, and uses that from the next
 * start on. A network of the operator's own may be named before it serves: it has to be measured first.
 * @param onProgress called with a line of text
 */
export async function calibrate(
  { collection, images, dryRun, reset, ...options }: CalibrateOptions,
  onProgress: (line: string) => void,
): Promise<Answer> {
  if ([collection, images, reset || undefined].filter((asked) => asked !== undefined).length !== 1) {
    throw new LintelError('usage', 'Name a collection or a folder of images, or ask for a reset.');
  }
  const finish = async (store: Store, table: CalibrationTable): Promise<Answer> => {
    if (dryRun !== true) await writeOwnCalibration(store, table.modelId, table);
    const outcome = dryRun === true ? 'Nothing was changed.' : 'In use from the next start on.';
    return { json: { used: dryRun !== true, table }, text: `${describeTable(table)}\n${outcome}` };
  };
  const own = ownNameOf(options.models);
  if (images === undefined && own === null) {
    return await withServing(options, async ({ gallery, recognizer: { modelId } }, { store }) => {
      if (collection === undefined) return await takeBack(store, modelId);
      await gallery.getCollection(collection);
      const subjects = await labelledTemplates(store, collection, modelId);
      return await finish(store, fitCalibration(subjects, { modelId, dataSet: HERE, seed: 1 }));
    });
  }
  return await withStore(options, async (store) => {
    const modelId = await modelIdOfChoice(store, weightsDirOf(MODELS), options.models);
    if (reset === true) return await takeBack(store, modelId);
    const recognizer =
      own === null
        ? await createRecognizer({
            weightsDir: weightsDirOf(MODELS),
            set: ModelSetName.parse(options.models),
          })
        : await openOwnRecognizer({ modelsDir: MODELS }, await embedderFor(store, options.data, own));
    try {
      const subjects =
        images === undefined
          ? await embedCollection(store, recognizer, collection!, onProgress)
          : await embedFolder(recognizer, images, onProgress);
      const dataSet = images === undefined ? HERE : basename(resolve(images));
      return await finish(store, fitCalibration(subjects, { modelId, dataSet, seed: 1 }));
    } finally {
      await recognizer.close();
    }
  });
}

const HERE = 'people enrolled here';

async function takeBack(store: Store, modelId: string): Promise<Answer> {
  await writeOwnCalibration(store, modelId, null);
  return { json: { reset: true }, text: 'The calibration that came with the model is in use again.' };
}

/** Templates of the pictures kept; they stay, so that a change to this network need not make them again. */
async function embedCollection(
  store: Store,
  recognizer: Recognizer,
  collection: string,
  onProgress: (line: string) => void,
): Promise<LabelledTemplate[]> {
  await embedPending({
    store,
    recognizer,
    onProgress: ({ done, total }) => onProgress(`${done} of ${total} images`),
  });
  return await labelledTemplates(store, collection, recognizer.modelId);
}

/**
 * Of people drawn at random where there are more pictures than count. Pictures in which no face is found, or that cannot be
 * read, are left out.
 * @throws LintelError `calibration-too-few` before the first is looked at
 */
async function embedFolder(
  recognizer: Recognizer,
  dir: string,
  onProgress: (line: string) => void,
): Promise<LabelledTemplate[]> {
  const files = drawPeople(await listPeople(dir), MAX_TEMPLATES, seeded(1));
  const people = new Set(files.map(({ person }) => person)).size;
  if (people < MIN_PEOPLE) {
    throw new LintelError('calibration-too-few', `${MIN_PEOPLE} are needed, ${people} were given.`);
  }
  const start = performance.now();
  const queue = files.values();
  const subjects: LabelledTemplate[] = [];
  let done = 0;
  const lane = async (): Promise<void> => {
    for (const { person, file } of queue) {
      const template = await templateOf(recognizer, file);
      if (template !== null) subjects.push({ person, template });
      done += 1;
      const left = ((performance.now() - start) / done) * (files.length - done);
      onProgress(`${done} of ${files.length} images, ${Math.ceil(left / 60_000)} min left`);
    }
  };
  await Promise.all(Array.from({ length: recognizer.concurrency + 1 }, lane));
  return subjects;
}

async function templateOf(recognizer: Recognizer, file: string): Promise<Float32Array | null> {
  try {
    const { bytes } = await readPicture(file);
    return (await recognizer.analyse(bytes)).face?.template ?? null;
  } catch (error) {
    if (error instanceof LintelError && error.code.startsWith('image-')) return null;
    throw error;
  }
}
