import { LintelError, QualityCode, type FaceMetadata, type KioskOutput } from '#contract';
import { similarity } from '#core/matching';
import { checkGate, ENROLMENT_GATE, rateQuality, RECOGNITION_GATE, type Recognizer } from '#core/recognition';
import type { NewReference } from '#core/store';
import type { Engine, Recognition } from './engine.ts';

export interface Enrolment {
  readonly metadata: FaceMetadata;
  readonly externalKey: string | null;
  readonly images: readonly Uint8Array[];
  readonly source: CaptureSource;
  /** Enrol also somebody who looks like a person enrolled already. */
  readonly allowDuplicate: boolean;
}

/** Whoever stands at the camera can mend things; a photograph from elsewhere is the only one there is. */
type CaptureSource = Exclude<NewReference['source'], 'automatic'>;
const GATES = { camera: ENROLMENT_GATE, file: RECOGNITION_GATE, api: RECOGNITION_GATE } as const;

/** False-match rate at which two images given as one person's are taken for two people's. */
const ONE_PERSON_RATE = 1e-3;

type Usable = { readonly index: number; readonly reference: NewReference };
type RejectedImage = KioskOutput<'people.enrol'>['rejected'][number];

/**
 * Enrols one person from all images that show a face; the others are named with the reason.
 * @throws LintelError `external-key-in-use`, `busy` and faults; then nothing was stored
 */
export async function enrolPerson(
  engine: Engine,
  collectionId: string,
  { metadata, externalKey, images, source, allowDuplicate }: Enrolment,
): Promise<KioskOutput<'people.enrol'>> {
  const { gallery } = engine;
  const { references, rejected } = await referencesFrom(engine, images, source);
  const suspectedDuplicates = await gallery.suspectedDuplicates(collectionId, references);
  const held = references.length === 0 || (suspectedDuplicates.length > 0 && !allowDuplicate);
  const face = held ? null : await gallery.enrol(collectionId, { references, externalKey, metadata });
  return { face, rejected, suspectedDuplicates };
}

/**
 * Adds images to somebody enrolled.
 * @throws LintelError `different-person` when they show somebody else, `face-not-found`, `too-many-references`, `busy`
 */
export async function addPictures(
  engine: Engine,
  collectionId: string,
  faceId: string,
  images: readonly Uint8Array[],
  source: CaptureSource,
): Promise<KioskOutput<'people.add-pictures'>> {
  const { gallery } = engine;
  const { references, rejected } = await referencesFrom(engine, images, source);
  if (references.length === 0) return { face: null, rejected };
  // One of them like what is there is enough: they are like each other.
  const alike = await gallery.similarityTo(collectionId, faceId, references);
  if (alike < engine.calibration.similarityAtRate(ONE_PERSON_RATE)) throw new LintelError('different-person');
  return { face: await gallery.addReferences(collectionId, faceId, references), rejected };
}

/**
 * The references that images of one person give, and the images that give none or show somebody else than the rest.
 * @throws LintelError `busy` and faults
 */
export async function referencesFrom(
  { recognizer, calibration }: Recognition,
  images: readonly Uint8Array[],
  source: CaptureSource,
): Promise<{ references: NewReference[]; rejected: RejectedImage[] }> {
  const results = await Promise.all(
    images.map((image, index) => asReference(recognizer, image, index, source)),
  );
  const usable = results.filter((result) => 'reference' in result);
  const others = strangersAmong(usable, calibration.similarityAtRate(ONE_PERSON_RATE));
  const rejected = [
    ...results.filter((result) => 'code' in result),
    ...others.map(({ index }) => ({ index, ...new LintelError('different-person').toBody() })),
  ];
  return {
    references: usable.filter((each) => !others.includes(each)).map(({ reference }) => reference),
    rejected: rejected.toSorted((a, b) => a.index - b.index),
  };
}

/** Those that are unlike the one that is most like all of them. */
function strangersAmong(usable: readonly Usable[], leastSimilarity: number): Usable[] {
  const alike = (a: Usable, b: Usable): number => similarity(a.reference.template, b.reference.template);
  const total = (each: Usable): number => usable.reduce((sum, other) => sum + alike(each, other), 0);
  const totals = usable.map(total);
  const typical = usable[totals.indexOf(Math.max(...totals))];
  return usable.filter((each) => alike(typical!, each) < leastSimilarity);
}

async function asReference(
  recognizer: Recognizer,
  image: Uint8Array,
  index: number,
  source: CaptureSource,
): Promise<Usable | RejectedImage> {
  try {
    const { face } = await recognizer.analyse(image);
    if (face === null) throw new LintelError('no-face');
    const { template, measurements } = face;
    const [failure] = checkGate(GATES[source], measurements);
    if (failure !== undefined) throw new LintelError(failure);
    const quality = rateQuality(measurements).score;
    return { index, reference: { modelId: recognizer.modelId, template, quality, source } };
  } catch (error) {
    if (!isAboutTheImage(error)) throw error;
    return { index, ...error.toBody() };
  }
}

const isAboutTheImage = (error: unknown): error is LintelError =>
  error instanceof LintelError &&
  (error.code === 'no-face' || error.code.startsWith('image-') || QualityCode.safeParse(error.code).success);
