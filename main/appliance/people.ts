import {
  LintelError,
  QualityCode,
  type Face,
  type FaceMetadata,
  type KioskOutput,
  type Settings,
} from '#contract';
import type { Gallery } from '#core/gallery';
import {
  checkGate,
  cutOutFace,
  ENROLMENT_GATE,
  rateQuality,
  RECOGNITION_GATE,
  type AnalysedFace,
  type ImageAnalysis,
  type Recognizer,
} from '#core/recognition';
import type { ModelTemplate, NewReference } from '#core/store';

export interface Enrolment {
  readonly metadata: FaceMetadata;
  readonly externalKey: string | null;
  readonly images: readonly Uint8Array[];
  readonly source: NewReference['source'];
}

/** Whoever stands at the camera can mend things; a photograph from elsewhere is the only one there is. */
const GATES = { camera: ENROLMENT_GATE, file: RECOGNITION_GATE, api: RECOGNITION_GATE } as const;

/** How references are made. */
export interface ReferenceOptions {
  /** Of the model that serves. */
  readonly recognizer: Recognizer;
  /** The model that is set. When it does not serve yet, it is asked for a template where no image is kept for later. */
  readonly setModel: Recognizer;
  readonly keepImages: Settings['keepImages'];
}

type Usable = { readonly reference: NewReference };
type Rejected = { readonly rejected: KioskOutput<'people.enrol'>['rejected'][number] };

/**
 * Enrols one person from all images that show a face; the others are named with the reason.
 * @throws LintelError `external-key-in-use`, `busy` and faults; then nothing was stored
 */
export async function enrolPerson(
  options: ReferenceOptions,
  gallery: Gallery,
  collectionId: string,
  { metadata, externalKey, images, source }: Enrolment,
): Promise<{ face: Face | null; rejected: Rejected['rejected'][] }> {
  const { references, rejected } = await referencesFrom(options, images, source);
  if (references.length === 0) return { face: null, rejected };
  const face = await gallery.enrol(collectionId, { references, externalKey, metadata });
  return { face, rejected };
}

/** The references that images give, and the images that give none. @throws LintelError `busy` and faults */
export async function referencesFrom(
  options: ReferenceOptions,
  images: readonly Uint8Array[],
  source: NewReference['source'],
): Promise<{ references: NewReference[]; rejected: Rejected['rejected'][] }> {
  const results = await Promise.all(images.map((image, index) => asReference(options, image, index, source)));
  return {
    references: results.flatMap((result) => ('reference' in result ? [result.reference] : [])),
    rejected: results.flatMap((result) => ('rejected' in result ? [result.rejected] : [])),
  };
}

async function asReference(
  options: ReferenceOptions,
  image: Uint8Array,
  index: number,
  source: NewReference['source'],
): Promise<Usable | Rejected> {
  const { modelId } = options.recognizer;
  try {
    const analysis = await options.recognizer.analyse(image);
    const { face } = analysis;
    if (face === null) throw new LintelError('no-face');
    const { template, measurements } = face;
    const [failure] = checkGate(GATES[source], measurements);
    if (failure !== undefined) throw new LintelError(failure);
    const quality = rateQuality(measurements).score;
    const forLater = await whatIsKept(options, image, { ...analysis, face });
    return { reference: { modelId, template, quality, source, ...forLater } };
  } catch (error) {
    if (!isAboutTheImage(error)) throw error;
    return { rejected: { index, ...error.toBody() } };
  }
}

/** What lets another model recognise this reference: the image, or else that model's template if it is on its way in. */
async function whatIsKept(
  { recognizer, setModel, keepImages }: ReferenceOptions,
  image: Uint8Array,
  analysis: ImageAnalysis & { readonly face: AnalysedFace },
): Promise<Pick<NewReference, 'image' | 'additional'>> {
  if (keepImages !== 'never') {
    const kept = await cutOutFace(recognizer, image, analysis, analysis.face);
    if (kept !== null) return { image: kept };
  }
  if (setModel.modelId === recognizer.modelId) return {};
  const { face } = await setModel.analyse(image);
  const additional: ModelTemplate[] =
    face === null ? [] : [{ modelId: setModel.modelId, template: face.template }];
  return { additional };
}

const isAboutTheImage = (error: unknown): error is LintelError =>
  error instanceof LintelError &&
  (error.code === 'no-face' || error.code.startsWith('image-') || QualityCode.safeParse(error.code).success);
