import { LintelError, QualityCode, type FaceMetadata, type KioskOutput, type Settings } from '#contract';
import { samePersonOf, showsSeveralPeople } from '#core/liveness';
import { similarity } from '#core/matching';
import {
  cutOutFace,
  ENROLMENT_GATE,
  problemOf,
  rateQuality,
  RECOGNITION_GATE,
  requireFace,
  type AnalysedFace,
  type Recognizer,
} from '#core/recognition';
import type { ModelTemplate, NewReference } from '#core/store';
import type { Picture } from '#core/liveness';
import type { Recognition, Serving } from './models.ts';

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

/** How references are made: by the model that serves, and with an eye to the one that is set. */
export interface ReferenceOptions extends Pick<Recognition, 'recognizer' | 'calibration'> {
  /** The model that is set. When it does not serve yet, it is asked for a template where no image is kept for later. */
  readonly setModel: Recognizer;
  readonly keepImages: Settings['keepImages'];
}
type EnrolmentOptions = ReferenceOptions & Pick<Serving, 'gallery'>;

type Usable = { readonly index: number; readonly reference: NewReference; readonly others: number };
type RejectedImage = KioskOutput<'people.enrol'>['rejected'][number];
type ImageWithOthers = KioskOutput<'people.enrol'>['withOthers'][number];

/**
 * Enrols one person from all images that show a face; the others are named with the reason.
 * @throws LintelError `external-key-in-use`, `busy` and faults; then nothing was stored
 */
export async function enrolPerson(
  options: EnrolmentOptions,
  collectionId: string,
  { metadata, externalKey, images, source, allowDuplicate }: Enrolment,
): Promise<KioskOutput<'people.enrol'>> {
  const { gallery } = options;
  const { references, ...rest } = await referencesFrom(options, images, source);
  const suspectedDuplicates = await gallery.suspectedDuplicates(collectionId, references);
  const held = references.length === 0 || (suspectedDuplicates.length > 0 && !allowDuplicate);
  const face = held ? null : await gallery.enrol(collectionId, { references, externalKey, metadata });
  return { face, suspectedDuplicates, ...rest };
}

/**
 * Adds images to somebody enrolled.
 * @throws LintelError `different-person` when they show somebody else, `face-not-found`, `too-many-references`, `busy`
 */
export async function addPictures(
  options: EnrolmentOptions,
  collectionId: string,
  faceId: string,
  images: readonly Uint8Array[],
  source: CaptureSource,
): Promise<KioskOutput<'people.add-pictures'>> {
  const { gallery, calibration } = options;
  const { references, ...rest } = await referencesFrom(options, images, source);
  if (references.length === 0) return { face: null, ...rest };
  // One of them like what is there is enough: they are like each other.
  const alike = await gallery.similarityTo(collectionId, faceId, references);
  if (alike < samePersonOf(calibration).frontal) throw new LintelError('different-person');
  return { face: await gallery.addReferences(collectionId, faceId, references), ...rest };
}

/**
 * The references that images of one person give, and the images that give none, show somebody else than the rest, or
 * show others about as large: nobody is chosen silently. `withOthers`: of the images used, those in which smaller faces
 * were passed over.
 * @throws LintelError `busy` and faults
 */
export async function referencesFrom(
  options: ReferenceOptions,
  images: readonly Uint8Array[],
  source: CaptureSource,
): Promise<{ references: NewReference[]; rejected: RejectedImage[]; withOthers: ImageWithOthers[] }> {
  const results = await Promise.all(images.map((image, index) => asReference(options, image, index, source)));
  const usable = results.filter((result) => 'reference' in result);
  const others = strangersAmong(usable, samePersonOf(options.calibration).frontal);
  const rejected = [
    ...results.filter((result) => 'code' in result),
    ...others.map(({ index }) => ({ index, ...new LintelError('different-person').toBody() })),
  ];
  const used = usable.filter((each) => !others.includes(each));
  return {
    references: used.map(({ reference }) => reference),
    withOthers: used.flatMap(({ index, others: count }) => (count > 0 ? [{ index, count }] : [])),
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
  options: ReferenceOptions,
  image: Uint8Array,
  index: number,
  source: CaptureSource,
): Promise<Usable | RejectedImage> {
  try {
    const analysis = await options.recognizer.analyse(image);
    if (showsSeveralPeople(analysis)) {
      throw new LintelError('several-faces', `(${analysis.others.length + 1} faces)`);
    }
    const face = requireFace(analysis, GATES[source]);
    const { modelId } = options.recognizer;
    const made = await templateOf(options, { modelId, image, analysis: { ...analysis, face } });
    return { index, reference: { ...made, source }, others: analysis.others.length };
  } catch (error) {
    if (!isAboutTheImage(error)) throw error;
    return { index, ...error.toBody() };
  }
}

/** The template of a picture, what it is worth, and what is kept for a later model. @throws LintelError `busy` and faults */
export async function templateOf(
  options: ReferenceOptions,
  { modelId, image, analysis }: Picture,
): Promise<Omit<NewReference, 'source'>> {
  const { template, measurements } = analysis.face;
  const quality = rateQuality(measurements).score;
  const forLater = await whatIsKept(options, image, analysis.face);
  return { modelId, template, quality, ...forLater };
}

/** What lets another model recognise this reference: the image, or else that model's template if it is on its way in. */
async function whatIsKept(
  { recognizer, setModel, keepImages }: ReferenceOptions,
  image: Uint8Array,
  face: AnalysedFace,
): Promise<Pick<NewReference, 'image' | 'additional'>> {
  if (keepImages !== 'never') {
    const kept = await cutOutFace(recognizer, image, face);
    if (kept !== null) return { image: kept };
  }
  if (setModel.modelId === recognizer.modelId) return {};
  const again = await setModel.analyse(image);
  const additional: ModelTemplate[] =
    again.face === null || problemOf(again, RECOGNITION_GATE) !== null
      ? []
      : [{ modelId: setModel.modelId, template: again.face.template }];
  return { additional };
}

const isAboutTheImage = (error: unknown): error is LintelError =>
  error instanceof LintelError &&
  (error.code === 'no-face' ||
    error.code === 'several-faces' ||
    error.code.startsWith('image-') ||
    QualityCode.safeParse(error.code).success);
