import { basename, relative, resolve } from 'node:path';
import { LintelError, ModelSetName, ownNameOf } from '#contract';
import { embedPending, labelledTemplates } from '#core/gallery';
import {
  describeGroups,
  describeTable,
  drawPeople,
  fitCalibration,
  fitGroups,
  MAX_TEMPLATES,
  MIN_PEOPLE,
  readGroups,
  seeded,
  type FitOptions,
  type LabelledTemplate,
} from '#core/matching';
import { createRecognizer, type Recognizer } from '#core/recognition';
import { LOCAL_ACCOUNT, type Store } from '#core/store';
import { openOwnRecognizer, weightsDirOf, writeOwnCalibration } from '../appliance/index.ts';
import { embedderFor, modelIdOfChoice } from '../networks/index.ts';
import { MODELS, withServing, type Answer, type StoreOptions } from './commands.ts';
import { listPeople, readPicture } from './pictures.ts';
import { withStore } from './store-access.ts';

interface CalibrateOptions extends StoreOptions {
  readonly collection?: string;
  readonly images?: string;
  readonly groups?: string;
  readonly dryRun?: boolean;
  readonly reset?: boolean;
}

/**
 * Measures what similarity means, among the people enrolled here or on pictures of others, and uses that from the next
 * start on. A network of the operator's own may be named before it serves: it has to be measured first.
 * @param onProgress called with a line of text
 */
export async function calibrate(
  { collection, images, groups, dryRun, reset, ...options }: CalibrateOptions,
  onProgress: (line: string) => void,
): Promise<Answer> {
  if ([collection, images, reset || undefined].filter((asked) => asked !== undefined).length !== 1) {
    throw new LintelError('usage', 'Name a collection or a folder of images, or ask for a reset.');
  }
  const groupOf = groups === undefined ? null : await readGroups(groups);
  const finish = async (
    store: Store,
    subjects: readonly Labelled[],
    fit: Omit<FitOptions, 'seed'>,
  ): Promise<Answer> => {
    const byGroup = groupOf && fitGroups(subjects, groupOf, { ...fit, seed: 1 });
    const table = byGroup?.table ?? fitCalibration(subjects, { ...fit, seed: 1 });
    if (dryRun !== true) await writeOwnCalibration(store, table.modelId, table);
    const outcome = dryRun === true ? 'Nothing was changed.' : 'In use from the next start on.';
    const { worst, tooSmall } = byGroup ?? {};
    return {
      json: { used: dryRun !== true, table, ...(worst && { worst, tooSmall }) },
      text: [describeTable(table), ...(byGroup ? [describeGroups(byGroup)] : []), outcome].join('\n'),
    };
  };
  const own = ownNameOf(options.models);
  if (images === undefined && own === null) {
    return await withServing(options, async ({ gallery, recognizer: { modelId } }, { store }) => {
      if (collection === undefined) return await takeBack(store, modelId);
      await gallery.getCollection(collection);
      const subjects = await enrolledHere(store, collection, modelId);
      return await finish(store, subjects, { modelId, dataSet: HERE });
    });
  }
  const makesStore = images !== undefined && dryRun !== true;
  return await withStore({ ...options, makesStore }, async (store) => {
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
      return await finish(store, subjects, { modelId, dataSet });
    } finally {
      await recognizer.close();
    }
  });
}

const HERE = 'people enrolled here';

/** A template, whose it is, and the path of its picture below the folder of all; '' for people enrolled here. */
interface Labelled extends LabelledTemplate {
  readonly path: string;
}

/** Each under the external key, by which people are listed; who has none under the id of the face. */
async function enrolledHere(store: Store, collection: string, modelId: string): Promise<Labelled[]> {
  const subjects = await labelledTemplates(store, collection, modelId);
  const { faces } = await store.listFaces(LOCAL_ACCOUNT, collection);
  const keys = new Map(faces.map(({ faceId, externalKey }) => [faceId, externalKey]));
  return subjects.map(({ person, template }) => ({ person: keys.get(person) ?? person, template, path: '' }));
}

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
): Promise<Labelled[]> {
  await embedPending({
    store,
    recognizer,
    onProgress: ({ done, total }) => onProgress(`${done} of ${total} images`),
  });
  return await enrolledHere(store, collection, recognizer.modelId);
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
): Promise<Labelled[]> {
  const files = drawPeople(await listPeople(dir), MAX_TEMPLATES, seeded(1));
  const people = new Set(files.map(({ person }) => person)).size;
  if (people < MIN_PEOPLE) {
    throw new LintelError('calibration-too-few', `${MIN_PEOPLE} are needed, ${people} were given.`);
  }
  const start = performance.now();
  const queue = files.values();
  const subjects: Labelled[] = [];
  let done = 0;
  const lane = async (): Promise<void> => {
    for (const { person, file } of queue) {
      const template = await templateOf(recognizer, file);
      if (template !== null) subjects.push({ person, template, path: relative(dir, file) });
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
