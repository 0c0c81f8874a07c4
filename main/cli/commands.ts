import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Confidence,
  expectedMissRate,
  LintelError,
  ModelSetName,
  NewFaceMetadata,
  PersonAccess,
  referencesMissing,
  visitsPerMiss,
  type FaceMetadata,
  type ModelChoice,
  type Settings,
} from '#contract';
import { problemOf, RECOGNITION_GATE, type DetectedFace } from '#core/recognition';
import { ENROLMENT_RULES, referencesFrom } from '#core/enrolment';
import { similarity as cosine } from '#core/matching';
import {
  modelFrom,
  openEngine,
  openRecognition,
  type Engine,
  type OpenNetworks,
  type Recognition,
  type Serving,
} from '../appliance/index.ts';
import { kekProviderFrom } from '../secrets/index.ts';
import { openSettings } from '../settings/index.ts';
import { consentOf } from './consent-way.ts';
import { named, withKey } from './face-named.ts';
import { accessNamed, type AccessChange } from './person-access.ts';
import { noneUsable, readPicture, readPictures, refusedOf, unusable, type Refused } from './pictures.ts';
import { requireStore, withStore, type InStore } from './store-access.ts';
import { table } from './table.ts';

/** What a command answers: `json` for scripts, `text` for people; `status`: its exit status, where that is not 0. */
export interface Answer {
  readonly json: Record<string, unknown>;
  readonly text: string;
  readonly status?: 2;
}

/** Options of every command that opens the store. */
export interface StoreOptions extends InStore {
  readonly models: ModelChoice;
  /** How the networks that come with the product are opened; by default `openRecognition`. */
  readonly openNetworks?: OpenNetworks | undefined;
}

export interface InCollection extends StoreOptions {
  readonly collection: string;
}

export const MODELS = fileURLToPath(new URL('../../models', import.meta.url));

/** That a person was enrolled where the screen of this appliance does not look for them. */
export const elsewhere = ({ collectionId }: Settings, { collection }: InCollection): string[] =>
  collection === collectionId
    ? []
    : [`The screen recognises the collection ${collectionId} (settings), not ${collection}.`];

export async function enrol(
  images: readonly string[],
  options: InCollection & AccessChange & { key?: string; name?: string; camera?: string; consent?: string },
): Promise<Answer> {
  const noted = metadataWith(options.name);
  const change = accessNamed(options);
  const access = change && PersonAccess.parse(change);
  const pictures = await readPictures(images, options);
  const { current } = await openSettings(join(options.data, 'settings.json'));
  const { keepImages } = current;
  const consent = consentOf(current, options.consent);
  const metadata = { ...noted, ...(access && { access }), ...(consent && { consent }) };
  const rules = ENROLMENT_RULES.commandLine[options.camera === undefined ? 'file' : 'camera'];
  return await withServing({ ...options, makesStore: true }, async (serving, { setModel }) => {
    const { gallery } = serving;
    const { references, rejected, withOthers } = await referencesFrom(
      { ...serving, setModel, keepImages },
      pictures.map(({ bytes }) => bytes),
      rules,
    );
    const refused = refusedOf(rejected, pictures);
    const others = withOthers.map(({ index, count }) => ({ image: pictures[index]!.label, count }));
    if (references.length === 0) throw noneUsable(refused);
    await gallery.ensureCollection(options.collection);
    const person = { references, externalKey: options.key ?? null, metadata };
    const { collection, key } = options;
    const { face, suspectedDuplicates } = await withKey(gallery, collection, key, () =>
      rules.enrol(gallery, collection, person),
    );
    const { faceId, externalKey, referenceCount } = face;
    const differing = await gallery.differing(options.collection, faceId);
    return {
      json: {
        collectionId: options.collection,
        faceId,
        externalKey,
        referenceCount,
        expectedMissRate: expectedMissRate(differing),
        rejected: refused,
        withOthers: others,
        suspectedDuplicates,
      },
      text: [
        `Enrolled ${faceId} from ${referenceCount === 1 ? '1 image' : `${referenceCount} images`}.`,
        ...missAdvice(differing),
        ...suspectedDuplicates.map(
          (each) =>
            `Looks like ${named(each)}, who is enrolled already (confidence ${each.confidence.toFixed(1)}).`,
        ),
        ...picturesUsed(others, refused),
        ...elsewhere(current, options),
      ].join('\n'),
    };
  });
}

/** How often a person is expected to be missed, and what would mend that. @param differing references that differ */
export function missAdvice(differing: number): string[] {
  const rate = expectedMissRate(differing);
  if (rate === null) return [];
  const missing = referencesMissing(differing);
  const mend =
    missing === 0
      ? ''
      : `; add ${missing === 1 ? 'a picture' : `${missing} pictures`} of other angles or days`;
  return [`Expect one miss in ${visitsPerMiss(rate)} visits${mend}.`];
}

/** Of which pictures one face of several was enrolled, and which were not used, and why. */
export const picturesUsed = (
  withOthers: readonly { readonly image: string; readonly count: number }[],
  refused: readonly Refused[],
): string[] => [
  ...withOthers.map(({ image, count }) => `${image} shows ${count + 1} faces: the largest was enrolled.`),
  ...refused.map(({ image, message, code }) => `Not used: ${image}. ${message} [${code}]`),
];

/** @throws LintelError `usage` for a name that cannot be shown on one line */
export function metadataWith(name: string | undefined): FaceMetadata {
  const metadata = NewFaceMetadata.safeParse(name === undefined ? {} : { name });
  if (metadata.success) return metadata.data;
  throw new LintelError('usage', 'A name has 1 to 200 characters that can be seen, on one line.');
}

export async function identify(
  image: string | undefined,
  options: InCollection & { threshold: number; camera?: string },
): Promise<Answer> {
  const picture = await readPicture(image, options);
  return await withServing(options, async ({ gallery, recognizer }) => {
    const analysis = await recognizer.analyse(picture.bytes);
    const { face, others } = analysis;
    const problem = problemOf(analysis, RECOGNITION_GATE);
    if (face === null || problem !== null) {
      // Asked for all the same, so that an unknown collection never passes as an empty answer.
      await gallery.getCollection(options.collection);
      const nobody = { match: false, faceId: null, externalKey: null, similarity: null, confidence: null };
      return {
        json: { ...nobody, hasFace: face !== null, unprocessedFaceCount: others.length, problem },
        text: `No match. ${unusable(problem ?? 'no-face', picture).message}`,
      };
    }
    const found = await gallery.identify(options.collection, face.template, { threshold: options.threshold });
    const { match, faceId, externalKey, metadata } = found;
    const score = scoreOf(found);
    return {
      json: {
        match,
        faceId,
        externalKey,
        ...score,
        hasFace: true,
        unprocessedFaceCount: others.length,
        problem,
      },
      text: [
        match
          ? `Match: ${named({ metadata, externalKey, faceId })} (confidence ${score.confidence}).`
          : 'No match.',
        ...largestOf(others),
      ].join(' '),
    };
  });
}

export async function verify(
  first: string,
  second: string,
  { threshold, ...options }: StoreOptions & { threshold: number },
): Promise<Answer> {
  if (!Confidence.safeParse(threshold).success) throw new LintelError('threshold-invalid');
  const pictures = await readPictures([first, second]);
  return await withRecognition(options, async ({ recognizer, calibration }) => {
    const faces = await Promise.all(
      pictures.map(async (picture) => {
        const { bytes, label } = picture;
        const analysis = await recognizer.analyse(bytes);
        const { face, others } = analysis;
        const problem = problemOf(analysis, RECOGNITION_GATE);
        if (face === null || problem !== null) throw unusable(problem ?? 'no-face', picture, `(${label})`);
        return { label, template: face.template, others };
      }),
    );
    const similarity = cosine(faces[0]!.template, faces[1]!.template);
    const confidence = calibration.confidence(similarity);
    const match = confidence >= threshold;
    const score = scoreOf({ similarity, confidence });
    return {
      json: { match, ...score, unprocessedFaceCounts: faces.map(({ others }) => others.length) },
      text: [
        `${match ? 'The same person' : 'Not the same person'} (confidence ${score.confidence}).`,
        ...faces.flatMap(({ label, others }) => largestOf(others, label)),
      ].join(' '),
    };
  });
}

export async function detect(image: string, options: StoreOptions): Promise<Answer> {
  const { bytes } = await readPicture(image);
  return await withRecognition(options, async ({ recognizer }) => {
    const analysis = await recognizer.analyse(bytes);
    const { face, others, width, height } = analysis;
    const problem = problemOf(analysis, RECOGNITION_GATE);
    const found = face === null ? [] : [face, ...others].map(described);
    return {
      json: {
        hasFace: face !== null,
        face: found[0] ?? null,
        unprocessedFaceCount: others.length,
        otherFaces: found.slice(1),
        image: { width, height },
        problem,
      },
      text: table(
        ['Width', 'Height', 'Left', 'Top', 'Confidence'],
        found.map(({ boundingBox: { x, y, width: w, height: h }, confidence }) => [w, h, x, y, confidence]),
        'No face was found.',
      ),
    };
  });
}

export async function collections(options: StoreOptions): Promise<Answer> {
  return await withEngine(options, async ({ gallery }) => {
    const found = await gallery.listCollections();
    return {
      json: { collections: found },
      text: table(
        ['Collection', 'Made', 'Description'],
        found.map(({ collectionId, createdAt, description }) => [collectionId, createdAt, description]),
        'There are no collections.',
      ),
    };
  });
}

/** An answer from the model that serves. */
export async function withServing(
  options: StoreOptions,
  answer: (serving: Serving, engine: Engine) => Promise<Answer>,
): Promise<Answer> {
  return await withEngine(options, (engine) => engine.serve((serving) => answer(serving, engine)));
}

export async function withEngine(
  options: StoreOptions,
  answer: (engine: Engine) => Promise<Answer>,
): Promise<Answer> {
  const { data, keyFile, passphraseFile, models, openNetworks } = options;
  await requireStore(options);
  const engine = await openEngine({
    dataDir: data,
    modelsDir: MODELS,
    set: models,
    kekProvider: kekProviderFrom({ keyFile, passphraseFile }),
    actor: 'command-line',
    // Many commands look at no picture.
    startsWhenUsed: true,
    openNetworks,
  });
  try {
    return await answer(engine);
  } finally {
    await engine.close();
  }
}

/** An answer from the networks named. The store is opened for one of the operator's own only, which it vouches for. */
async function withRecognition(
  options: StoreOptions,
  answer: (recognition: Recognition) => Promise<Answer>,
): Promise<Answer> {
  const set = ModelSetName.safeParse(options.models).data;
  const { openNetworks = openRecognition } = options;
  const networks = { modelsDir: MODELS, startsWhenUsed: true } as const;
  const recognition =
    set === undefined
      ? await withStore(options, (store) =>
          modelFrom({ ...networks, dataDir: options.data, set: options.models }, store)(null),
        )
      : await openNetworks({ ...networks, set });
  try {
    return await answer(recognition);
  } finally {
    await recognition.close();
  }
}

/** That a face was chosen, where the picture shows several. */
const largestOf = (others: readonly DetectedFace[], label = 'The picture'): string[] =>
  others.length === 0 ? [] : [`${label} shows ${others.length + 1} faces: the largest was looked at.`];

function scoreOf({ similarity, confidence }: { similarity: number; confidence: number }) {
  return { similarity: Number(similarity.toFixed(4)), confidence: Number(confidence.toFixed(1)) };
}

function described({ confidence, boundingBox }: DetectedFace) {
  return { confidence: Number(confidence.toFixed(4)), boundingBox };
}
